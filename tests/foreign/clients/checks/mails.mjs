import { apiError, claims, done, failed, password } from './people.mjs'

const app = 'https://app.example/welcome'

/** Flows that lead through a mail, of accounts whose addresses have to be confirmed. */
export async function mails(t, people) {
  await confirmations(t, people)
  await logins(t, people)
  await recoveries(t, people)
  await changes(t, people)
  await links(t, people)
}

/** Somebody who has signed up and confirmed by the digits of the mail. */
async function confirmed(people, name, options) {
  const db = people.client(options)
  const email = people.address(name)
  await done(db.auth.signUp({ email, password }))
  const { code } = await people.mail(email, 'confirmation')
  const { user, session } = await done(db.auth.verifyOtp({ email, token: code, type: 'signup' }))
  return { db, auth: db.auth, email, user, session }
}

async function confirmations(t, people) {
  await t.check('signUp', 'of an address to be confirmed gives no session, and the digits of the mail give it', {
    want: [null, apiError(400, 'email_not_confirmed'), true, true, 'email/signup'],
    got: async () => {
      const { auth } = people.client()
      const email = people.address('ann')
      const { session, user } = await done(auth.signUp({ email, password }))
      const before = await failed(auth.signInWithPassword({ email, password }))
      const { code } = await people.mail(email, 'confirmation')
      const after = await done(auth.verifyOtp({ email, token: code, type: 'signup' }))
      return [session, before, after.user.id === user.id, Boolean(after.user.email_confirmed_at), claims(after.session.access_token).amr[0].method]
    },
  })
  await t.check('signUp', 'of an address that has an account looks the same, and its owner gets a mail', {
    want: [null, [], null, 'Hello'],
    got: async () => {
      const { email } = await confirmed(people, 'twice')
      await people.later('61s')
      const { user, session } = await done(people.client().auth.signUp({ email, password: 'another good password' }))
      const mail = await people.mail(email, 'existing')
      return [session, user.identities, mail.code ?? null, mail.email === email ? 'Hello' : mail.email]
    },
  })
  await t.check('verifyOtp', 'digits are good once, and wrong ones never', {
    want: [apiError(403, 'otp_expired'), apiError(403, 'otp_expired')],
    got: async () => {
      const { email } = await confirmed(people, 'once')
      const { code } = await people.mail(email, 'confirmation')
      const { auth } = people.client()
      return [
        await failed(auth.verifyOtp({ email, token: code, type: 'signup' })),
        await failed(auth.verifyOtp({ email, token: '000000', type: 'recovery' })),
      ]
    },
  })
  await t.check('resend', 'mails the confirmation again, not at once', {
    want: [apiError(429, 'over_email_send_rate_limit'), true],
    got: async () => {
      const { auth } = people.client()
      const email = people.address('resend')
      await done(auth.signUp({ email, password }))
      const { code } = await people.mail(email, 'confirmation')
      const soon = await failed(auth.resend({ email, type: 'signup' }))
      await people.later('61s')
      await done(auth.resend({ email, type: 'signup' }))
      return [soon, (await people.mail(email, 'confirmation', 2)).code !== code]
    },
  })
}

async function logins(t, people) {
  await t.check('signInWithOtp', 'lets in by the digits of a mail, and makes the account', {
    want: [true, { name: 'Otto' }],
    got: async () => {
      const { auth } = people.client()
      const email = people.address('otto')
      await done(auth.signInWithOtp({ email, options: { data: { name: 'Otto' } } }))
      const { code } = await people.mail(email, 'magic_link')
      const { user } = await done(auth.verifyOtp({ email, token: code, type: 'email' }))
      return [user.email === email, user.user_metadata]
    },
  })
  await t.check('signInWithOtp', 'without making an account answers alike for an address that has none', {
    want: { data: { user: null, session: null } },
    got: () => failed(people.client().auth.signInWithOtp({ email: people.address('nobody'), options: { shouldCreateUser: false } })),
  })
}

async function recoveries(t, people) {
  await t.check('resetPasswordForEmail', 'the digits of the mail let in, and the password can be changed', {
    want: [apiError(400, 'invalid_credentials'), true],
    got: async () => {
      const { email, user } = await confirmed(people, 'forgetful')
      const { auth } = people.client()
      await done(auth.resetPasswordForEmail(email))
      const { code } = await people.mail(email, 'recovery')
      await done(auth.verifyOtp({ email, token: code, type: 'recovery' }))
      await done(auth.updateUser({ password: 'quite another password' }))
      const old = await failed(people.client().auth.signInWithPassword({ email, password }))
      const next = await done(people.client().auth.signInWithPassword({ email, password: 'quite another password' }))
      return [old, next.user.id === user.id]
    },
  })
  await t.check('resetPasswordForEmail', 'of an address without an account answers alike', {
    want: { data: {} },
    got: () => failed(people.client().auth.resetPasswordForEmail(people.address('nobody'))),
  })
}

async function changes(t, people) {
  await t.check('updateUser', 'merges what the user says of themselves', {
    want: { name: 'Una', city: 'Bergen' },
    got: async () => {
      const { auth } = await confirmed(people, 'una')
      await done(auth.updateUser({ data: { name: 'Una', city: 'Oslo' } }))
      return (await done(auth.updateUser({ data: { city: 'Bergen' } }))).user.user_metadata
    },
  })
  await t.check('updateUser', 'the same password is refused, and a weak one', {
    want: [apiError(422, 'same_password'), { name: 'AuthWeakPasswordError', status: 422, code: 'weak_password' }],
    got: async () => {
      const { auth } = await confirmed(people, 'same')
      return [await failed(auth.updateUser({ password })), await failed(auth.updateUser({ password: 'short' }))]
    },
  })
  await t.check('updateUser', 'another address needs the word of both', {
    want: [true, true, true],
    got: async () => {
      const { auth, email } = await confirmed(people, 'old')
      const next = people.address('new')
      const { user } = await done(auth.updateUser({ email: next }))
      const from = await people.mail(email, 'email_change')
      const to = await people.mail(next, 'email_change')
      await done(people.client().auth.verifyOtp({ email, token: from.code, type: 'email_change' }))
      const half = (await done(auth.getUser())).user
      const whole = await done(people.client().auth.verifyOtp({ email: next, token: to.code, type: 'email_change' }))
      return [user.new_email === next, half.email === email, whole.user.email === next]
    },
  })
  await t.check('reauthenticate', 'the password of an old session is changed with the digits of a mail', {
    want: [apiError(400, 'reauthentication_needed'), apiError(422, 'reauthentication_not_valid'), null],
    got: async () => {
      const { auth, email } = await confirmed(people, 'aged')
      await people.later('25h')
      await done(auth.refreshSession())
      const bare = await failed(auth.updateUser({ password: 'yet another password' }))
      await done(auth.reauthenticate())
      const { code } = await people.mail(email, 'reauthentication')
      const wrong = await failed(auth.updateUser({ password: 'yet another password', nonce: code === '000000' ? '111111' : '000000' }))
      return [bare, wrong, (await auth.updateUser({ password: 'yet another password', nonce: code })).error]
    },
  })
}

async function links(t, people) {
  /** A flow of somebody who has followed the link of their mail, to where it leads. */
  async function followed(name) {
    const { auth } = people.client({ flowType: 'pkce' })
    const email = people.address(name)
    const { user } = await done(auth.signUp({ email, password, options: { emailRedirectTo: app } }))
    return { auth, user, ...await follow((await people.mail(email, 'confirmation')).link) }
  }
  /** Somebody who has begun a flow of their own, and so has a verifier. */
  async function other() {
    const { auth } = people.client({ flowType: 'pkce' })
    await done(auth.signInWithOtp({ email: people.address('other') }))
    return auth
  }
  await t.check('exchangeCodeForSession', 'a link, followed, comes back with a code for who has the verifier', {
    want: [200, 303, app, true, apiError(404, 'flow_state_not_found')],
    got: async () => {
      const { auth, user, shown, answered, target } = await followed('pkce')
      const code = target.searchParams.get('code')
      const { session } = await done(auth.exchangeCodeForSession(code))
      return [shown, answered, target.origin + target.pathname, session.user.id === user.id, await failed((await other()).exchangeCodeForSession(code))]
    },
  })
  await t.check('exchangeCodeForSession', 'with another verifier is refused, and then nobody can use the code', {
    want: [apiError(400, 'bad_code_verifier'), apiError(404, 'flow_state_not_found')],
    got: async () => {
      const { auth, target } = await followed('stolen')
      const code = target.searchParams.get('code')
      return [await failed((await other()).exchangeCodeForSession(code)), await failed(auth.exchangeCodeForSession(code))]
    },
  })
  await t.check('setSession', 'without a verifier a link comes back with the tokens', {
    want: [app, 'magiclink', true],
    got: async () => {
      const { email, user } = await confirmed(people, 'implicit')
      const { auth } = people.client()
      await done(auth.signInWithOtp({ email, options: { emailRedirectTo: app } }))
      const { target } = await follow((await people.mail(email, 'magic_link')).link)
      const fragment = new URLSearchParams(target.hash.slice(1))
      const tokens = { access_token: fragment.get('access_token'), refresh_token: fragment.get('refresh_token') }
      return [target.origin + target.pathname, fragment.get('type'), (await done(auth.setSession(tokens))).user.id === user.id]
    },
  })
  await t.check('signInWithOtp', 'no link leads where the configuration does not allow', {
    want: 'https://site.example',
    got: async () => {
      const { email } = await confirmed(people, 'redirected')
      await done(people.client().auth.signInWithOtp({ email, options: { emailRedirectTo: 'https://app.example.evil/' } }))
      return (await follow((await people.mail(email, 'magic_link')).link)).target.origin
    },
  })
  await t.check('verifyOtp', 'the token of a link is good by itself', {
    want: true,
    got: async () => {
      const { email, user } = await confirmed(people, 'hash')
      await done(people.client().auth.resetPasswordForEmail(email))
      const token = new URL((await people.mail(email, 'recovery')).link).searchParams.get('token')
      return (await done(people.client().auth.verifyOtp({ token_hash: token, type: 'recovery' }))).user.id === user.id
    },
  })
}

/** What a browser does with the link of a mail: it shows a page, and its button is pressed. */
async function follow(link) {
  const page = await fetch(link)
  const html = await page.text()
  const attribute = (tag, name) => new RegExp(`${name}="([^"]*)"`).exec(tag)?.[1].replaceAll('&amp;', '&').replaceAll('&#43;', '+')
  const form = new URLSearchParams()
  for (const [input] of html.matchAll(/<input[^>]*>/g)) form.set(attribute(input, 'name'), attribute(input, 'value'))
  const action = attribute(/<form[^>]*>/.exec(html)[0], 'action') ?? link
  const answer = await fetch(new URL(action, link), { method: 'POST', body: form, redirect: 'manual' })
  return { shown: page.status, answered: answer.status, target: new URL(answer.headers.get('location')) }
}
