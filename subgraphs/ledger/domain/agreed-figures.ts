import { figureFor, type SyncedBalance, syncFrom, withFigure } from './balance-sync.ts'
import type { PostingCommand, SourceDocument } from './posting.ts'

/** The figures of a batch: each sync in it goes on from where the one before it has led. */
export class AgreedFigures {
  readonly #presentOf: (memberId: string) => string
  #all: readonly SyncedBalance[]
  #changed: readonly SyncedBalance[] = []

  constructor(read: readonly SyncedBalance[], presentOf: (memberId: string) => string) {
    this.#all = read
    this.#presentOf = presentOf
  }

  /** Those to be written. */
  get changed(): readonly SyncedBalance[] {
    return this.#changed
  }

  /** The command with what both sides agreed on last, where it asks. */
  about(programKey: number, command: PostingCommand): PostingCommand {
    if (command.kind !== 'balance-sync') return command
    return { ...command, known: this.#standing(programKey, command) }
  }

  /** A sync was posted; `command` as it came, by whichever id of the person. */
  note(programKey: number, command: PostingCommand, document: SourceDocument): void {
    if (command.kind !== 'balance-sync') return
    const { channel, account, toldAt, memberId } = command
    const fresh = {
      memberId: this.#standing(programKey, command)?.memberId ?? memberId,
      personId: this.#presentOf(memberId),
      programKey,
      channel,
      account,
      agreed: syncFrom(document.subject!).agreed,
      toldAt,
      documentId: document.id,
    }
    this.#all = withFigure(this.#all, fresh)
    this.#changed = withFigure(this.#changed, fresh)
  }

  #standing(
    programKey: number,
    { memberId, channel, account }: PostingCommand & { kind: 'balance-sync' },
  ): SyncedBalance | undefined {
    const named = { memberId, personId: this.#presentOf(memberId) }
    return figureFor(this.#all, { programKey, channel, account }, named)
  }
}
