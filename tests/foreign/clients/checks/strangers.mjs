import { apiError, claims, done, failed } from './people.mjs'

/** Users without an account. */
export async function strangers(t, people, closed) {
  await t.check('signInAnonymously', 'makes a user without an address, of the role of others', {
    want: [true, '', 'authenticated', true, 'anonymous', { theme: 'dark' }],
    got: async () => {
      const { auth } = people.client()
      const { user, session } = await done(auth.signInAnonymously({ options: { data: { theme: 'dark' } } }))
      const own = claims(session.access_token)
      return [user.is_anonymous, user.email, own.role, own.is_anonymous, own.amr[0].method, user.user_metadata]
    },
  })
  await t.check('signInAnonymously', 'each is somebody else, and stays so over a refresh', {
    want: [true, true],
    got: async () => {
      const one = people.client().auth
      const [a, b] = [await done(one.signInAnonymously()), await done(people.client().auth.signInAnonymously())]
      const again = await done(one.refreshSession())
      return [a.user.id !== b.user.id, again.user.id === a.user.id]
    },
  })
  await t.check('signInAnonymously', 'is refused where it is not allowed', {
    want: apiError(422, 'anonymous_provider_disabled'),
    got: () => failed(closed.client().auth.signInAnonymously()),
  })
}
