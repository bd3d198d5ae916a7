import { apiError, claims, done, failed, password } from './people.mjs'

/** Flows that lead through a text message, of accounts whose numbers have to be confirmed. */
export async function phones(t, people) {
  let last = 30000000
  /** A number that nobody has. */
  const number = () => `+49${++last}`
  /** Somebody who has signed up by a number and confirmed it. */
  async function confirmed() {
    const { auth } = people.client()
    const phone = number()
    await done(auth.signUp({ phone, password }))
    const { code } = await people.mail(phone, 'confirmation')
    return { auth, phone, ...await done(auth.verifyOtp({ phone, token: code, type: 'sms' })) }
  }
  await t.check('signUp', 'of a number gives no session, and the digits of the message give it', {
    want: [null, apiError(400, 'phone_not_confirmed'), true, true, 'otp', true],
    got: async () => {
      const { auth } = people.client()
      const phone = number()
      const { session, user } = await done(auth.signUp({ phone, password }))
      const before = await failed(auth.signInWithPassword({ phone, password }))
      const { code, text } = await people.mail(phone, 'confirmation')
      const after = await done(auth.verifyOtp({ phone, token: code, type: 'sms' }))
      return [session, before, after.user.id === user.id, Boolean(after.user.phone_confirmed_at), claims(after.session.access_token).amr[0].method, text.includes(code)]
    },
  })
  await t.check('signInWithPassword', 'by a number, however it is spelled', {
    want: [true, apiError(400, 'invalid_credentials')],
    got: async () => {
      const { phone, user } = await confirmed()
      const spelled = `${phone.slice(0, 3)} (${phone.slice(3, 5)}) ${phone.slice(5)}`
      const again = await done(people.client().auth.signInWithPassword({ phone: spelled, password }))
      return [again.user.id === user.id, await failed(people.client().auth.signInWithPassword({ phone, password: 'not the password' }))]
    },
  })
  await t.check('signInWithOtp', 'lets in by the digits of a message, and makes the account', {
    want: [36, true, { name: 'Otto' }],
    got: async () => {
      const { auth } = people.client()
      const phone = number()
      const { messageId } = await done(auth.signInWithOtp({ phone, options: { data: { name: 'Otto' } } }))
      const { code } = await people.mail(phone, 'login')
      const { user } = await done(auth.verifyOtp({ phone, token: code, type: 'sms' }))
      return [messageId.length, user.phone === phone.slice(1), user.user_metadata]
    },
  })
  await t.check('signInWithOtp', 'without making an account answers alike for a number that has none', {
    want: 36,
    got: async () => (await done(people.client().auth.signInWithOtp({ phone: number(), options: { shouldCreateUser: false } }))).messageId.length,
  })
  await t.check('verifyOtp', 'digits of a message are good once, and wrong ones never', {
    want: [apiError(403, 'otp_expired'), apiError(403, 'otp_expired')],
    got: async () => {
      const { phone } = await confirmed()
      const { code } = await people.mail(phone, 'confirmation')
      const { auth } = people.client()
      return [await failed(auth.verifyOtp({ phone, token: code, type: 'sms' })), await failed(auth.verifyOtp({ phone, token: '000000', type: 'sms' }))]
    },
  })
  await t.check('resend', 'sends the message of a sign-up again, not at once', {
    want: [apiError(429, 'over_sms_send_rate_limit'), 36, true],
    got: async () => {
      const { auth } = people.client()
      const phone = number()
      await done(auth.signUp({ phone, password }))
      const { code } = await people.mail(phone, 'confirmation')
      const soon = await failed(auth.resend({ phone, type: 'sms' }))
      await people.later('61s')
      const { messageId } = await done(auth.resend({ phone, type: 'sms' }))
      return [soon, messageId.length, (await people.mail(phone, 'confirmation', 2)).code !== code]
    },
  })
  await t.check('updateUser', 'another number needs its word, which resend asks for again', {
    want: [true, true, true],
    got: async () => {
      const { auth, phone } = await confirmed()
      const next = number()
      const { user } = await done(auth.updateUser({ phone: next }))
      await people.mail(next, 'phone_change')
      await people.later('61s')
      await done(auth.resend({ phone, type: 'phone_change' }))
      const { code } = await people.mail(next, 'phone_change', 2)
      const whole = await done(people.client().auth.verifyOtp({ phone: next, token: code, type: 'phone_change' }))
      return [user.phone === phone.slice(1), user.new_phone === next.slice(1), whole.user.phone === next.slice(1)]
    },
  })
  await t.check('reauthenticate', 'who has no address gets the digits by message', {
    want: [apiError(400, 'reauthentication_needed'), null],
    got: async () => {
      const { auth, phone } = await confirmed()
      await people.later('25h')
      await done(auth.refreshSession())
      const bare = await failed(auth.updateUser({ password: 'yet another password' }))
      await done(auth.reauthenticate())
      const { code } = await people.mail(phone, 'reauthentication')
      return [bare, (await auth.updateUser({ password: 'yet another password', nonce: code })).error]
    },
  })
  await t.check('mfa.challenge', 'the digits of a message to a phone make the session one of level two', {
    want: ['phone', 'phone', 'aal2', ['mfa/phone', 'password'], ['verified']],
    got: async () => {
      const { phone } = await confirmed()
      const { auth } = people.client()
      await done(auth.signInWithPassword({ phone, password }))
      const to = number()
      const factor = await done(auth.mfa.enroll({ factorType: 'phone', friendlyName: 'second phone', phone: to }))
      const challenge = await done(auth.mfa.challenge({ factorId: factor.id, channel: 'sms' }))
      const { code } = await people.mail(to, 'factor')
      await done(auth.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code }))
      const { currentLevel, currentAuthenticationMethods } = await done(auth.mfa.getAuthenticatorAssuranceLevel())
      const verified = (await done(auth.mfa.listFactors())).phone
      return [factor.type, challenge.type, currentLevel, currentAuthenticationMethods.map((m) => m.method).sort(), verified.map((f) => f.status)]
    },
  })
}
