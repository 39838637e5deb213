import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { CommandError } from './command-error.ts'
import type { ClientFlags } from './commands/clients.ts'
import type { MemberFlags } from './commands/import-members.ts'
import type { ImportFlags } from './commands/import-purchases.ts'
import { BATCH, batchSize } from './import/batch-size.ts'

/** Carries out one line of the `huitong` command, a client of the graph for those who run it; answers its exit code. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let exitCode = 0
  const huitong = commandLine((code) => {
    exitCode = code
  })
  try {
    await huitong.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // It has said what there is to say.
    if (error instanceof CommanderError) return error.exitCode
    if (!(error instanceof CommandError)) throw error
    process.stderr.write(`huitong: ${error.message}\n`)
    return error.exitCode
  }
}

/** What a command needs is loaded when it is called: help and mistakes are answered at once. */
function commandLine(end: (exitCode: number) => void): Command {
  const exitWith =
    <Args extends unknown[]>(run: (...args: Args) => Promise<number>) =>
    async (...args: Args): Promise<void> =>
      end(await run(...args))

  const huitong = new Command('huitong')
    .exitOverride()
    .description(
      'Runs and feeds a Huitong deployment: that of DATABASE_URL, or the embedded one in HUITONG_DATA_DIR.',
    )
    .showHelpAfterError('(see --help)')

  huitong
    .command('migrate')
    .description('bring the database schemas of all four subgraphs up to date, and say what was applied')
    .addHelpText('after', example('migrate'))
    .action(exitWith(async () => (await import('./commands/migrate.ts')).migrateAll()))

  huitong
    .command('check')
    .description(
      'recompute every balance from its entries; exit code 1 if any promise of the books is broken',
    )
    .addHelpText('after', example('check'))
    .action(exitWith(async () => (await import('./commands/check.ts')).checkLedger()))

  const program = huitong.command('program').description('check, try, compare and publish program documents')

  program
    .command('publish')
    .description('publish a program document, or name each of its faults as FILE:line:column path: message')
    .argument('<FILE>', 'the document, YAML')
    .option('--dry-run', 'only check it')
    .addHelpText('after', example('program publish programs/super-member.yaml --dry-run'))
    .action(
      exitWith(async (file: string, flags: { dryRun?: boolean }) =>
        (await import('./commands/publish-program.ts')).publishProgram(file, flags),
      ),
    )

  program
    .command('dry-run')
    .description(
      'let the events that are on record happen by a document before it is published: points, cost, liability and tiers ' +
        'beside those of the current version, and who would move if all tiers were decided anew',
    )
    .argument('<FILE>', 'the document, YAML')
    .option('--from <DAY>', 'only events from this day on, YYYY-MM-DD (default: of the last year)')
    .addHelpText('after', example('program dry-run draft.yaml --from 2026-01-01'))
    .action(
      exitWith(async (file: string, flags: { from?: string }) =>
        (await import('./commands/dry-run-program.ts')).dryRunProgram(file, flags),
      ),
    )

  program
    .command('diff')
    .description(
      'name every place in which a document differs from the published one; exit code 1 if there is any',
    )
    .argument('<FILE>', 'the document, YAML')
    .addHelpText('after', example('program diff draft.yaml'))
    .action(exitWith(async (file: string) => (await import('./commands/diff-program.ts')).diffProgram(file)))

  program
    .command('export')
    .description('write a published document, letter for letter')
    .argument('<ID>', "the programme's id")
    .option('--version <N>', 'which version (default: the current one)')
    .option('--out <FILE>', 'where to (default: standard output)')
    .addHelpText('after', example('program export super-member --out super-member.yaml'))
    .action(
      exitWith(async (id: string, flags: { version?: string; out?: string }) =>
        (await import('./commands/export-program.ts')).exportProgram(id, flags),
      ),
    )

  const events = huitong
    .command('events')
    .description('decide about parked events: those whose handler kept failing, while the rest went on')

  events
    .command('list')
    .description('show each with its error; exit code 1 if there is any')
    .addHelpText('after', example('events list'))
    .action(exitWith(async () => (await import('./commands/events.ts')).listEvents()))

  events
    .command('retry')
    .description('let one take effect after all, or all of them in order; who did it is kept')
    .argument('[EVENT]', 'as `events list` shows it')
    .option('--all', 'every event that is parked')
    .addHelpText('after', example('events retry benefits:ledger:42'))
    .action(
      exitWith(async (id: string | undefined, flags: { all?: boolean }) =>
        (await import('./commands/events.ts')).retryEvents(id, flags),
      ),
    )

  events
    .command('drop')
    .description('give one up; who did it and why is kept')
    .argument('<EVENT>', 'as `events list` shows it')
    .requiredOption('--reason <TEXT>', 'why it need not take effect')
    .addHelpText('after', example('events drop benefits:ledger:42 --reason "granted by hand, ticket 118"'))
    .action(
      exitWith(async (id: string, flags: { reason: string }) =>
        (await import('./commands/events.ts')).dropEvent(id, flags),
      ),
    )

  const client = huitong
    .command('client')
    .description('give the back ends of channels and partners their credentials')

  client
    .command('create')
    .description('create a client and show its secret')
    .argument('<ID>', 'its id, of your choice')
    .addOption(new Option('--channel <NAME>', 'of which channel').choices(CHANNELS))
    .option('--partner <ID>', 'of which partner, as program documents name it')
    .addHelpText('after', example('client create mini-program --channel WECHAT'))
    .action(
      exitWith(async (id: string, flags: ClientFlags) =>
        (await import('./commands/clients.ts')).createClient(id, flags),
      ),
    )

  client
    .command('add-secret')
    .description('show one more secret, to change over to')
    .argument('<ID>', "the client's id")
    .addHelpText('after', example('client add-secret mini-program'))
    .action(exitWith(async (id: string) => (await import('./commands/clients.ts')).addClientSecret(id)))

  client
    .command('revoke-secret')
    .description('end one secret')
    .argument('<ID>', "the client's id")
    .argument('<SECRET-ID>', 'which of its secrets')
    .addHelpText('after', example('client revoke-secret mini-program 01a20575-e84a-7b26-b2fe-47609e085fe3'))
    .action(
      exitWith(async (id: string, secretId: string) =>
        (await import('./commands/clients.ts')).revokeClientSecret(id, secretId),
      ),
    )

  huitong
    .command('staff')
    .description('give people who work for the brand their accounts')
    .command('create-admin')
    .description(
      'create an account of an administrator, and show its password and the secret of its one-time codes',
    )
    .argument('<LOGIN>', 'what it is signed in to with')
    .requiredOption('--name <NAME>', "the person's name")
    .addHelpText('after', example('staff create-admin li.na --name "Li Na"'))
    .action(
      exitWith(async (login: string, flags: { name: string }) =>
        (await import('./commands/staff.ts')).createAdmin(login, flags),
      ),
    )

  huitong
    .command('segment')
    .description('choose members by saved conditions')
    .command('export')
    .description('take a snapshot of a live segment and write its members as CSV')
    .argument('<ID>', "the segment's id")
    .option('--out <FILE>', 'where to (default: standard output)')
    .addHelpText('after', example('segment export young-spenders --out members.csv'))
    .action(
      exitWith(async (id: string, flags: { out?: string }) =>
        (await import('./commands/export-segment.ts')).exportSegment(id, flags),
      ),
    )

  const imports = huitong
    .command('import')
    .description('bring in members and purchases that were recorded elsewhere')

  imports
    .command('members')
    .description(
      'Import the members of a file of any size with what is known of them, their tags and gift points. Goes on where an ' +
        'earlier run was cut off; a member that is there already is found, not made again. See ' +
        'docs/guides/import-members.md.',
    )
    .argument('<FILE>', 'delimited text, UTF-8, one member a line')
    .requiredOption(
      '--map <SPEC>',
      'which column holds what: key (required), phone, card, unionid, app_user, name, gender, birthday, province, ' +
        'identity_number, joined, store, tags, points; as key=column pairs with commas between, or the path of a YAML file',
    )
    .option('--source <NAME>', "whose keys these are (default: the file's name without its ending)")
    .option('--zone <ZONE>', 'time zone of dates without an offset', 'Asia/Shanghai')
    .option('--pre-registered', 'they take their memberships up later; see --activate')
    .option('--activate', 'memberships that were imported as pre-registered are taken up')
    .option('--tag <TAG>', 'a tag of every member, as dimension/name=value; may be repeated', collect, [])
    .option('--points <N>', 'gift points of every member whose line says no other', wholeNumber)
    .option('--program <ID>', 'the programme in which points are given')
    .option('--reason <TEXT>', 'why points are given')
    .option(
      '--separator <CHAR>',
      'one character, or comma, semicolon, tab, blanks (default: told by the first line)',
    )
    .option('--no-header', 'the first line is a member already')
    .option('--bad-lines <FILE>', 'where lines that cannot be imported go (default: <data dir>/imports/)')
    .option('--dry-run', 'only say what would become of each line')
    .option('--again', 'send all once more, though it was sent before')
    .addHelpText(
      'after',
      example(
        'import members crm.csv --map key=id,phone=mobile,name=name,joined=since --source crm --dry-run',
      ),
    )
    .action(
      exitWith(async (file: string, flags: MemberFlags) =>
        (await import('./commands/import-members.ts')).importMembers(file, flags),
      ),
    )

  imports
    .command('purchases')
    .description(
      'Record the purchases of a file of any size and register their buyers. Goes on where an earlier run was cut ' +
        'off; a purchase that is there already is not recorded again. See docs/guides/import-purchases.md.',
    )
    .argument('<FILE>', 'delimited text or columns set apart by blanks, UTF-8, one purchase a line')
    .requiredOption('--program <ID>', 'the programme that the purchases belong to')
    .requiredOption(
      '--map <SPEC>',
      'which column holds what: member, date, amount (required), document, quantity, sku, category, store; as ' +
        'key=column pairs with commas between, or the path of a YAML file; columns by name, or $1 by place',
    )
    .option('--source <NAME>', "whose customer ids these are (default: the file's name without its ending)")
    .option('--channel <NAME>', 'the channel of the purchases (default: import:<source>)')
    .option(
      '--separator <CHAR>',
      'one character, or comma, semicolon, tab, blanks (default: told by the first line)',
    )
    .option('--no-header', 'the first line is a purchase already')
    .option('--batch <N>', 'purchases of one call, at most 1000', batchSize, BATCH)
    .option('--bad-lines <FILE>', 'where lines that cannot be imported go (default: <data dir>/imports/)')
    .option('--again', 'send all once more, though it was sent before')
    .addHelpText(
      'after',
      example(
        'import purchases sales.csv --program super-member --map member=customer,date=day,amount=total --source shop',
      ),
    )
    .action(
      exitWith(async (file: string, flags: ImportFlags) =>
        (await import('./commands/import-purchases.ts')).importPurchases(file, flags),
      ),
    )

  return huitong
}

const example = (command: string): string => `\nExample:\n  $ npm run huitong -- ${command}\n`

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text]

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1 on.')
}

/** Channels that have back ends. */
const CHANNELS = ['APP', 'WECHAT', 'STORE', 'WEB'] as const
