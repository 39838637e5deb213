import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { CommandError } from '../command-error.ts'
import { openDeployment } from '../open-deployment.ts'

const PAGE = 5_000

interface SnapshotPage {
  readonly segmentSnapshot: {
    readonly csv: { readonly csv: string; readonly endCursor: string | null; readonly hasNextPage: boolean }
  }
}

/** Takes a snapshot of a segment and writes its members as CSV, page by page, to a file or to standard output. */
export async function exportSegment(id: string, { out }: { out?: string }): Promise<number> {
  const deployment = await openDeployment(['identity'])
  try {
    const { snapshotSegment: taken } = await deployment.request<{
      snapshotSegment: {
        snapshot: { id: string; members: number } | null
        refusal: { message: string } | null
      }
    }>(
      'identity',
      `mutation ($input: SegmentInput!) {
        snapshotSegment(input: $input) { snapshot { id members } refusal { message } }
      }`,
      { input: { id } },
    )
    if (!taken.snapshot) throw new CommandError(taken.refusal?.message ?? 'no snapshot was taken')
    const file = out === undefined ? process.stdout : createWriteStream(out)
    let after: string | null = null
    for (;;) {
      const { segmentSnapshot: snapshot }: SnapshotPage = await deployment.request<SnapshotPage>(
        'identity',
        `query ($id: ID!, $first: Int!, $after: String) {
          segmentSnapshot(id: $id) { csv(first: $first, after: $after) { csv endCursor hasNextPage } }
        }`,
        { id: taken.snapshot.id, first: PAGE, after },
      )
      if (!file.write(snapshot.csv.csv)) await once(file, 'drain')
      if (!snapshot.csv.hasNextPage) break
      after = snapshot.csv.endCursor
    }
    if (out !== undefined) {
      file.end()
      await finished(file)
      console.log(`${taken.snapshot.members} members written to ${out}`)
    }
    return 0
  } finally {
    await deployment.close()
  }
}
