import { apiError, claims, done, failed } from './people.mjs'
import { appCode } from './totp.mjs'

/** Authenticator apps as second factors. The server's clock goes on by a step for each code. */
export async function factors(t, people) {
  let ahead = 0
  /** The code that an app shows next (RFC 6238): each is good once. */
  async function nextCode(secret) {
    await people.later('30s')
    ahead += 30
    return appCode(secret, Date.now() / 1000 + ahead)
  }
  const dora = await people.signedUp('dora')
  const { mfa } = dora.auth
  let factor
  await t.check('mfa.enroll', 'has an image, a text and an address of the secret', {
    want: ['totp', 'phone of Dora', true, true, true],
    got: async () => {
      factor = await done(mfa.enroll({ factorType: 'totp', friendlyName: 'phone of Dora' }))
      const { qr_code: image, secret, uri } = factor.totp
      return [factor.type, factor.friendly_name, image.startsWith('data:image/svg+xml;utf-8,<'), new URL(uri).searchParams.get('secret') === secret, uri.startsWith('otpauth://totp/')]
    },
  })
  await t.check('mfa.enroll', 'a second one of the same name is refused, and a phone without a number', {
    want: [apiError(422, 'mfa_factor_name_conflict'), apiError(400, 'validation_failed')],
    got: async () => [
      await failed(mfa.enroll({ factorType: 'totp', friendlyName: 'phone of Dora' })),
      await failed(mfa.enroll({ factorType: 'phone', phone: '015112345678' })),
    ],
  })
  await t.check('mfa.listFactors', 'a factor that was never used is in all, and in none of its kind', {
    want: [[['totp', 'unverified', 'phone of Dora']], []],
    got: async () => {
      const { all, totp } = await done(mfa.listFactors())
      return [all.map((f) => [f.factor_type, f.status, f.friendly_name]), totp]
    },
  })
  await t.check('mfa.getAuthenticatorAssuranceLevel', 'before there is a factor: one', {
    want: ['aal1', 'aal1', ['password']],
    got: () => level(mfa),
  })
  await t.check('mfa.verify', 'a wrong code is refused', {
    want: apiError(422, 'mfa_verification_failed'),
    got: async () => {
      const { id } = await done(mfa.challenge({ factorId: factor.id }))
      return failed(mfa.verify({ factorId: factor.id, challengeId: id, code: '000000' }))
    },
  })
  await t.check('mfa.verify', 'the code of the app makes the session one of level two', {
    want: ['aal2', true, 'aal2', 'aal2', ['password', 'totp']],
    got: async () => {
      const { id } = await done(mfa.challenge({ factorId: factor.id }))
      const session = await done(mfa.verify({ factorId: factor.id, challengeId: id, code: await nextCode(factor.totp.secret) }))
      return [claims(session.access_token).aal, session.user.id === dora.user.id, ...await level(mfa)]
    },
  })
  await t.check('mfa.listFactors', 'then it is verified', {
    want: ['verified'],
    got: async () => (await done(mfa.listFactors())).totp.map((f) => f.status),
  })
  const again = await people.again(dora)
  await t.check('mfa.getAuthenticatorAssuranceLevel', 'a new login can go up to two', {
    want: ['aal1', 'aal2', ['password']],
    got: () => level(again.auth.mfa),
  })
  await t.check('mfa.unenroll', 'from level one is refused', {
    want: apiError(401, 'insufficient_aal'),
    got: () => failed(again.auth.mfa.unenroll({ factorId: factor.id })),
  })
  await t.check('mfa.challengeAndVerify', 'a code is good once', {
    want: ['aal2', apiError(422, 'mfa_verification_failed')],
    got: async () => {
      const once = await nextCode(factor.totp.secret)
      await done(again.auth.mfa.challengeAndVerify({ factorId: factor.id, code: once }))
      const third = await people.again(dora)
      return [(await level(again.auth.mfa))[0], await failed(third.auth.mfa.challengeAndVerify({ factorId: factor.id, code: once }))]
    },
  })
  await t.check('mfa.challenge', 'a factor of somebody else is like one that does not exist', {
    want: apiError(404, 'mfa_factor_not_found'),
    got: async () => failed((await people.signedUp('eve')).auth.mfa.challenge({ factorId: factor.id })),
  })
  await t.check('mfa.unenroll', 'from level two takes it away', {
    want: [true, [], 'aal1'],
    got: async () => {
      const { id } = await done(again.auth.mfa.unenroll({ factorId: factor.id }))
      await done(again.auth.refreshSession())
      return [id === factor.id, (await done(again.auth.mfa.listFactors())).all, (await level(again.auth.mfa))[0]]
    },
  })
}

async function level(mfa) {
  const { currentLevel, nextLevel, currentAuthenticationMethods } = await done(mfa.getAuthenticatorAssuranceLevel())
  return [currentLevel, nextLevel, currentAuthenticationMethods.map((m) => m.method).sort()]
}
