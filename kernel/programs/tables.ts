import { EntitySchema } from 'typeorm'

/** The programmes that a subgraph has heard of, for its first migration. */
export const knownProgramTable = (role: string): string => `
  create table program (
    slug text constraint program_key primary key,
    version integer not null,
    time_zone text not null
  );

  grant select, insert, update on program to ${role};
`

/** The version of a programme that is in force here. */
export const knownProgram = new EntitySchema({
  name: 'program',
  columns: {
    slug: { type: 'text', primary: true },
    version: { type: 'integer' },
    timeZone: { type: 'text', name: 'time_zone' },
  },
})
