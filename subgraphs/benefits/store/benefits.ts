import type { Query } from '../../../kernel/db/statement.ts'
import type { Tx } from '../../../kernel/db/transaction.ts'
import type { BenefitDefinition } from '../../../schema/events/program.ts'
import type { Benefit } from '../domain/benefit.ts'

export interface BenefitRow {
  program: string
  slug: string
  version: number
  definition: BenefitDefinition
  listed: boolean
}

export const benefitFromRow = (row: BenefitRow): Benefit => ({ ...row })

/** A benefit as one version of its programme has it. */
export interface BenefitKey {
  readonly program: string
  readonly slug: string
  readonly version: number
}

export const benefitName = ({ program, slug, version }: BenefitKey): string => `${program}:${slug}:${version}`

/** Benefits that were read: a version never changes. Whether a benefit is listed does, so that is not kept. */
export class BenefitShelf {
  readonly #known = new Map<string, Benefit>()

  find(key: BenefitKey): Omit<Benefit, 'listed'> | undefined {
    return this.#known.get(benefitName(key))
  }

  keep(benefit: Benefit): void {
    this.#known.set(benefitName(benefit), benefit)
  }
}

/** Keeps a version's benefits beside those of the versions before. */
export async function saveBenefits(
  tx: Tx,
  program: string,
  version: number,
  definitions: readonly BenefitDefinition[],
): Promise<void> {
  await tx.query(
    `/* saveBenefits */
     insert into benefit (program, slug, version, definition)
     select $1, definition ->> 'id', $2, definition from unnest($3::jsonb[]) as definition
     on conflict on constraint benefit_key do nothing`,
    [program, version, definitions.map((definition) => JSON.stringify(definition))],
  )
}

/** A benefit in its newest version, listed or not. */
export async function findBenefit(query: Query, program: string, slug: string): Promise<Benefit | undefined> {
  const [row] = await query<BenefitRow>(
    `/* findBenefit */
     select b.program, b.slug, b.version, b.definition, b.version = p.version as listed
     from benefit b join program p on p.slug = b.program
     where b.program = $1 and b.slug = $2
     order by b.version desc
     limit 1`,
    [program, slug],
  )
  return row && benefitFromRow(row)
}

/** The benefits of a programme's current version, by slug. */
export async function listedBenefits(
  query: Query,
  program: string,
  page: { after?: string; limit?: number } = {},
): Promise<Benefit[]> {
  const rows = await query<BenefitRow>(
    `/* listedBenefits */
     select b.program, b.slug, b.version, b.definition, true as listed
     from program p join benefit b on b.program = p.slug and b.version = p.version
     where p.slug = $1 and ($2::text is null or b.slug > $2)
     order by b.slug
     limit $3`,
    [program, page.after ?? null, page.limit ?? null],
  )
  return rows.map(benefitFromRow)
}
