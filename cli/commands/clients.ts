import { CommandError } from '../command-error.ts'
import { type Deployment, openDeployment } from '../open-deployment.ts'

/** Back ends that may call by themselves: those of channels and of partners. */
export interface ClientFlags {
  readonly channel?: string
  readonly partner?: string
}

interface Refusable {
  readonly refusal: { readonly message: string } | null
}

interface NewSecret extends Refusable {
  readonly clientId: string
  readonly secretId: string
  readonly clientSecret: string
}

/** Creates a client and shows its secret, this once. */
export async function createClient(clientId: string, { channel, partner }: ClientFlags): Promise<number> {
  if ((channel === undefined) === (partner === undefined)) {
    throw new CommandError('say whose client it is: either --channel or --partner')
  }
  const input = { clientId, kind: channel ? 'CHANNEL' : 'PARTNER', channel, partner }
  return inIdentity(async (deployment) => {
    const { createClient: made } = await deployment.request<{ createClient: NewSecret }>(
      'identity',
      `mutation ($input: CreateClientInput!) {
        createClient(input: $input) { clientId secretId clientSecret refusal { message } }
      }`,
      { input },
    )
    show(made)
  })
}

/** Adds a secret beside those that a client has, so that it can change over without a pause. */
export async function addClientSecret(clientId: string): Promise<number> {
  return inIdentity(async (deployment) => {
    const { addClientSecret: made } = await deployment.request<{ addClientSecret: NewSecret }>(
      'identity',
      `mutation ($input: AddClientSecretInput!) {
        addClientSecret(input: $input) { clientId secretId clientSecret refusal { message } }
      }`,
      { input: { clientId } },
    )
    show(made)
  })
}

/** Ends one secret; tokens that it got run out within minutes. */
export async function revokeClientSecret(clientId: string, secretId: string): Promise<number> {
  return inIdentity(async (deployment) => {
    const { revokeClientSecret: ended } = await deployment.request<{ revokeClientSecret: Refusable }>(
      'identity',
      `mutation ($input: RevokeClientSecretInput!) {
        revokeClientSecret(input: $input) { refusal { message } }
      }`,
      { input: { clientId, secretId } },
    )
    assertDone(ended)
    console.log(`${clientId}: secret ${secretId} has ended`)
  })
}

async function inIdentity(work: (deployment: Deployment) => Promise<void>): Promise<number> {
  const deployment = await openDeployment(['identity'])
  try {
    await work(deployment)
    return 0
  } finally {
    await deployment.close()
  }
}

function show(made: NewSecret): void {
  assertDone(made)
  console.log(`client     ${made.clientId}`)
  console.log(`secret     ${made.clientSecret}`)
  console.log(`secret id  ${made.secretId}`)
  console.log('The secret is shown this once. Its owner gets tokens for it at POST /oauth/token.')
}

function assertDone({ refusal }: Refusable): void {
  if (refusal) throw new CommandError(refusal.message)
}
