import { CommandError } from '../command-error.ts'
import { openDeployment } from '../open-deployment.ts'

/** Creates an administrator's account and shows what it is signed in to with, this once. */
export async function createAdmin(login: string, { name }: { name: string }): Promise<number> {
  const deployment = await openDeployment(['identity'])
  try {
    const { createStaff: made } = await deployment.request<{
      createStaff: {
        access: { login: string; password: string; totpUri: string } | null
        refusal: { message: string } | null
      }
    }>(
      'identity',
      `mutation ($input: CreateStaffInput!) {
        createStaff(input: $input) { access { login password totpUri } refusal { message } }
      }`,
      { input: { login, name, role: 'ADMIN' } },
    )
    if (made.refusal) throw new CommandError(made.refusal.message)
    const { access } = made
    console.log(`login          ${access!.login}`)
    console.log(`password       ${access!.password}`)
    console.log(`authenticator  ${access!.totpUri}`)
    console.log('Shown this once. Change the password after the first sign-in.')
    return 0
  } finally {
    await deployment.close()
  }
}
