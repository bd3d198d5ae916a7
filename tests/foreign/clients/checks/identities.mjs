import { randomUUID } from 'node:crypto'

import { apiError, claims, done, failed } from './people.mjs'

const app = 'https://app.example/welcome'

/** Logins elsewhere, at a provider that is believed about addresses. */
export async function identities(t, people) {
  await t.check('signInWithOAuth', 'comes back with a code for who has the verifier', {
    want: [true, 'trusted', 'oauth', [app, 'Bo Berg']],
    got: async () => {
      const { auth } = people.client({ flowType: 'pkce' })
      const who = person({ name: 'Bo Berg' })
      const at = await login(people, auth, who)
      const { user, session } = await done(auth.exchangeCodeForSession(at.searchParams.get('code')))
      return [user.email === who.email, user.app_metadata.provider, claims(session.access_token).amr[0].method,
        [at.origin + at.pathname, user.identities[0].identity_data.name]]
    },
  })
  await t.check('signInWithOAuth', 'without a verifier comes back with the tokens, those of the provider too', {
    want: [true, true],
    got: async () => {
      const { auth } = people.client()
      const who = person()
      const fragment = new URLSearchParams((await login(people, auth, who)).hash.slice(1))
      const tokens = { access_token: fragment.get('access_token'), refresh_token: fragment.get('refresh_token') }
      return [(await done(auth.setSession(tokens))).user.email === who.email, fragment.get('provider_token') !== null]
    },
  })
  await t.check('signInWithOAuth', 'in another browser is refused', {
    want: 'bad_oauth_state',
    got: async () => {
      const { data } = await people.client({ flowType: 'pkce' }).auth.signInWithOAuth({ provider: 'trusted', options: { redirectTo: app } })
      await people.stands(person())
      const provider = (await fetch(data.url, { redirect: 'manual' })).headers.get('location')
      const back = (await fetch(provider, { redirect: 'manual' })).headers.get('location')
      const answer = await fetch(back, { redirect: 'manual' })
      const to = answer.headers.get('location')
      return to ? new URL(to).searchParams.get('error_code') : (await answer.json()).error_code
    },
  })
  await t.check('signInWithIdToken', 'takes the token that an app got by itself', {
    want: [true, apiError(400, 'invalid_credentials')],
    got: async () => {
      const who = person()
      const token = await people.stands(who)
      const { user } = await done(people.client().auth.signInWithIdToken({ provider: 'trusted', token }))
      const forged = `${token.slice(0, -8)}AAAAAAAA`
      return [user.email === who.email, await failed(people.client().auth.signInWithIdToken({ provider: 'trusted', token: forged }))]
    },
  })
  await t.check('linkIdentity', 'adds a login elsewhere to an account, and unlinkIdentity takes it off', {
    want: [['email'], ['email', 'trusted'], true, ['email']],
    got: async () => {
      const { auth, user } = await people.signedUp('linker', { flowType: 'pkce' })
      const names = async () => (await done(auth.getUserIdentities())).identities.map((i) => i.provider).sort()
      const before = await names()
      const { url } = await done(auth.linkIdentity({ provider: 'trusted', options: { redirectTo: app, skipBrowserRedirect: true } }))
      await people.stands(person())
      const at = await browse(url)
      const linked = await done(auth.exchangeCodeForSession(at.searchParams.get('code')))
      const both = await names()
      const { identities: all } = await done(auth.getUserIdentities())
      await done(auth.unlinkIdentity(all.find((i) => i.provider === 'trusted')))
      return [before, both, linked.user.id === user.id, await names()]
    },
  })
  await t.check('unlinkIdentity', 'the last one stays', {
    want: apiError(422, 'single_identity_not_deletable'),
    got: async () => {
      const { auth } = await people.signedUp('single')
      const { identities: [only] } = await done(auth.getUserIdentities())
      return failed(auth.unlinkIdentity(only))
    },
  })
  await t.check('linkIdentity', 'makes an account of a user without one', {
    want: [true, false, true],
    got: async () => {
      const { auth } = people.client({ flowType: 'pkce' })
      const before = (await done(auth.signInAnonymously())).user
      const { url } = await done(auth.linkIdentity({ provider: 'trusted', options: { redirectTo: app, skipBrowserRedirect: true } }))
      const who = person()
      await people.stands(who)
      const { user } = await done(auth.exchangeCodeForSession((await browse(url)).searchParams.get('code')))
      return [user.id === before.id, user.is_anonymous, user.email === who.email]
    },
  })
  await t.check('signInWithOAuth', 'an address that is known here leads to its account, where it is proved', {
    want: true,
    got: async () => {
      const { email, user } = await people.signedUp('known')
      const { auth } = people.client({ flowType: 'pkce' })
      const at = await login(people, auth, { ...person(), email })
      return (await done(auth.exchangeCodeForSession(at.searchParams.get('code')))).user.id === user.id
    },
  })
}

/** Somebody who has an account at the provider. */
function person(more) {
  const sub = randomUUID()
  return { sub, email: `${sub}@example.org`, email_verified: true, ...more }
}

/** Logs somebody in at the provider, and returns where the browser is in the end. */
async function login(people, auth, who) {
  await people.stands(who)
  const { url } = await done(auth.signInWithOAuth({ provider: 'trusted', options: { redirectTo: app, skipBrowserRedirect: true } }))
  return browse(url)
}

/** Follows an address as a browser does, with cookies, to the application. */
async function browse(from) {
  const jar = new Map()
  let at = new URL(from)
  for (let hops = 0; at.origin !== new URL(app).origin; hops++) {
    if (hops > 10) throw new Error(`the browser goes round in circles: ${at}`)
    const cookie = [...(jar.get(at.host) ?? new Map())].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie, 'user-agent': 'Mozilla/5.0' } })
    const to = answer.headers.get('location')
    if (!to) throw new Error(`${at} answers ${answer.status}: ${await answer.text()}`)
    const kept = jar.get(at.host) ?? new Map()
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
      kept.set(name, value)
    }
    jar.set(at.host, kept)
    at = new URL(to, at)
  }
  return at
}
