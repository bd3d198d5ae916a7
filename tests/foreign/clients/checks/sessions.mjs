import { apiError, claims, done, failed, password } from './people.mjs'
import { column, refusal } from './suite.mjs'

/** Sign-up, login, refresh and sign-out, where addresses need no confirmation. */
export async function sessions(t, people) {
  await signUps(t, people)
  await logins(t, people)
  await tokens(t, people)
  await signOuts(t, people)
  await rows(t, people)
  await t.check('signInWithSSO', 'what is not there is refused: SAML', {
    want: apiError(404, 'saml_provider_disabled'),
    got: () => failed(people.client().auth.signInWithSSO({ domain: 'example.org' })),
  })
}

async function signUps(t, people) {
  await t.check('signUp', 'gives a session and the user as it is kept', {
    want: ['bearer', true, 'authenticated', 'authenticated', { name: 'Ann' }, 'email', ['email'], 'email', false],
    got: async () => {
      const email = people.address('ann')
      const { user, session } = await done(people.client().auth.signUp({ email, password, options: { data: { name: 'Ann' } } }))
      const [identity] = user.identities ?? session.user.identities
      return [session.token_type, user.email === email, user.aud, user.role, user.user_metadata, user.app_metadata.provider,
        user.app_metadata.providers, identity.provider, user.is_anonymous]
    },
  })
  await t.check('signUp', 'of an address that has an account is refused', {
    want: apiError(422, 'user_already_exists'),
    got: async () => {
      const { email } = await people.signedUp('twice')
      return failed(people.client().auth.signUp({ email: email.toUpperCase(), password: 'another good password' }))
    },
  })
  await t.check('signUp', 'a weak password is refused with the reason', {
    want: { name: 'AuthWeakPasswordError', status: 422, code: 'weak_password', reasons: ['length'] },
    got: async () => {
      const { error } = await people.client().auth.signUp({ email: people.address(), password: 'short' })
      return { name: error.name, status: error.status, code: error.code, reasons: error.reasons }
    },
  })
  await t.check('signUp', 'what is no address is refused', {
    want: apiError(400, 'validation_failed'),
    got: () => failed(people.client().auth.signUp({ email: 'nobody', password })),
  })
}

async function logins(t, people) {
  await t.check('signInWithPassword', 'an address has no case', {
    want: true,
    got: async () => {
      const { email, user } = await people.signedUp('case')
      const again = await done(people.client().auth.signInWithPassword({ email: email.toUpperCase(), password }))
      return again.user.id === user.id
    },
  })
  await t.check('signInWithPassword', 'a wrong password and an unknown address are one error', {
    want: [apiError(400, 'invalid_credentials'), apiError(400, 'invalid_credentials')],
    got: async () => {
      const { email } = await people.signedUp('wrong')
      return [
        await failed(people.client().auth.signInWithPassword({ email, password: 'another good password' })),
        await failed(people.client().auth.signInWithPassword({ email: people.address(), password })),
      ]
    },
  })
  await t.check('signInWithPassword', 'tells listeners, and each login is a session of its own', {
    want: [['INITIAL_SESSION', 'SIGNED_IN'], true],
    got: async () => {
      const { email, session } = await people.signedUp('events')
      const { auth } = people.client()
      const events = []
      const ended = new Promise((resolve) => {
        auth.onAuthStateChange((event) => {
          events.push(event)
          if (event === 'SIGNED_IN') resolve()
        })
      })
      await auth.getSession()
      await new Promise((wake) => setTimeout(wake, 0))
      const again = await done(auth.signInWithPassword({ email, password }))
      await ended
      return [events, claims(again.session.access_token).session_id !== claims(session.access_token).session_id]
    },
  })
}

async function tokens(t, people) {
  await t.check('getUser', 'is the user of the session, asked of the server', {
    want: [true, true, 1],
    got: async () => {
      const { auth, user, email } = await people.signedUp('get')
      const got = (await done(auth.getUser())).user
      return [got.id === user.id, got.email === email, got.identities.length]
    },
  })
  await t.check('getUser', 'a token that is none is refused', {
    want: apiError(401, 'bad_jwt'),
    got: () => failed(people.client().auth.getUser('e30.e30.e30')),
  })
  await t.check('getClaims', 'verifies by the published keys, without asking who the user is', {
    want: ['ES256', true, 'authenticated', 'aal1', 'password', true],
    got: async () => {
      const { auth, user } = await people.signedUp('claims')
      auth.getUser = () => { throw new Error('asked the server') }
      const { claims: own, header } = await done(auth.getClaims())
      return [header.alg, own.sub === user.id, own.role, own.aal, own.amr[0].method, own.iss === `${people.url}/auth/v1`]
    },
  })
  await t.check('refreshSession', 'gives new tokens of the same session', {
    want: [true, true, true],
    got: async () => {
      const { auth, session } = await people.signedUp('refresh')
      const next = (await done(auth.refreshSession())).session
      return [next.refresh_token !== session.refresh_token, next.expires_at >= session.expires_at,
        claims(next.access_token).session_id === claims(session.access_token).session_id]
    },
  })
  await t.check('refreshSession', 'twenty tabs refresh the same token, and all stay in', {
    want: [20, 1],
    got: async () => {
      const { session } = await people.signedUp('tabs')
      const tabs = await Promise.all(Array.from({ length: 20 }, () => done(people.client().auth.refreshSession(session))))
      return [tabs.length, new Set(tabs.map((tab) => tab.session.refresh_token)).size]
    },
  })
  await t.check('refreshSession', 'a token that is none is refused', {
    want: apiError(400, 'refresh_token_not_found'),
    got: () => failed(people.client().auth.refreshSession({ refresh_token: 'nothing' })),
  })
  await t.check('setSession', 'takes the tokens of another client', {
    want: true,
    got: async () => {
      const { session, user } = await people.signedUp('set')
      const { auth } = people.client()
      return (await done(auth.setSession(session))).user.id === user.id
    },
  })
}

async function signOuts(t, people) {
  /** Which of three sessions live after the second one has signed out in a scope. */
  async function left(scope) {
    const first = await people.signedUp('out')
    const all = [first, await people.again(first), await people.again(first)]
    const { error } = await all[1].auth.signOut(scope && { scope })
    if (error) throw error
    const live = await Promise.all(all.map(({ session }) => people.client().auth.refreshSession(session)))
    const mine = (await all[1].auth.getSession()).data.session !== null
    return [live.map(({ error }) => !error), mine]
  }
  await t.check('signOut', 'global ends all sessions, and is what is meant without a scope', {
    want: [[[false, false, false], false], [[false, false, false], false]],
    got: async () => [await left(), await left('global')],
  })
  await t.check('signOut', 'local ends this session', { want: [[true, false, true], false], got: () => left('local') })
  await t.check('signOut', 'others ends the others', { want: [[false, true, false], true], got: () => left('others') })
  await t.check('getUser', 'the session of a token has ended', {
    want: Array(2).fill({ name: 'AuthSessionMissingError', status: 400, code: undefined }),
    got: async () => {
      const { auth, session } = await people.signedUp('ended')
      await auth.signOut()
      return [await failed(auth.getUser()), await failed(people.client().auth.getUser(session.access_token))]
    },
  })
}

async function rows(t, people) {
  await t.check('from', 'rows are those of who is logged in, and nobody\'s after the sign-out', {
    want: [[true], ['mine'], [], [], { status: 401, code: 'PGRST301' }],
    got: async () => {
      const ann = await people.signedUp('rows')
      const bob = await people.signedUp('rows')
      const titles = (db) => column(db.from('notes').select('title'), 'title')
      const owner = await column(ann.db.from('notes').insert({ title: 'mine' }).select('owner_id'), 'owner_id')
      const seen = [owner.map((id) => id === ann.user.id), await titles(ann.db), await titles(bob.db)]
      await ann.auth.signOut()
      const stale = people.client()
      stale.rest.headers.set('Authorization', `Bearer ${ann.session.access_token}`)
      return [...seen, await titles(ann.db), await refusal(stale.rest.from('notes').select('title'))]
    },
  })
}
