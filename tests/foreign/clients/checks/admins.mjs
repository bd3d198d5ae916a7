import { randomUUID } from 'node:crypto'

import { apiError, claims, done, failed, password } from './people.mjs'

/** What a program of the owner's does with accounts. */
export async function admins(t, people) {
  const { admin } = people.service().auth
  await users(t, people, admin)
  await lists(t, people, admin)
  await mails(t, people, admin)
  await refusals(t, people, admin)
}

async function users(t, people, admin) {
  let id
  const email = people.address('made')
  await t.check('admin.createUser', 'makes an account as it is described', {
    want: [true, true, { name: 'Mia' }, 'pro'],
    got: async () => {
      const { user } = await done(admin.createUser({ email, password, email_confirm: true, user_metadata: { name: 'Mia' }, app_metadata: { plan: 'pro' } }))
      id = user.id
      return [user.email === email, Boolean(user.email_confirmed_at), user.user_metadata, user.app_metadata.plan]
    },
  })
  await t.check('admin.createUser', 'takes a hash for a password, and an id', {
    want: [true, true],
    got: async () => {
      const own = { id: randomUUID(), email: people.address('hashed') }
      // bcrypt of "U*U" from the test vectors of crypt_blowfish.
      const { user } = await done(admin.createUser({ ...own, email_confirm: true, password_hash: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' }))
      const { session } = await done(people.client().auth.signInWithPassword({ email: own.email, password: 'U*U' }))
      return [user.id === own.id, session.user.id === own.id]
    },
  })
  await t.check('admin.createUser', 'an address that is taken is refused', {
    want: apiError(422, 'email_exists'),
    got: () => failed(admin.createUser({ email, password })),
  })
  await t.check('admin.getUserById', 'tells of an account', {
    want: [true, 1],
    got: async () => {
      const { user } = await done(admin.getUserById(id))
      return [user.email === email, user.identities.length]
    },
  })
  await t.check('admin.getUserById', 'of nobody is an error', {
    want: apiError(404, 'user_not_found'),
    got: () => failed(admin.getUserById(randomUUID())),
  })
  await t.check('admin.updateUserById', 'merges metadata and changes what is named', {
    want: [{ name: 'Mia', city: 'Bergen' }, true],
    got: async () => {
      const { user } = await done(admin.updateUserById(id, { user_metadata: { city: 'Bergen' }, password: 'quite another password' }))
      const again = await done(people.client().auth.signInWithPassword({ email, password: 'quite another password' }))
      return [user.user_metadata, again.user.id === id]
    },
  })
  await t.check('admin.updateUserById', 'bans, which ends sessions, and lets in again', {
    want: [apiError(400, 'user_banned'), true, true],
    got: async () => {
      const mine = await people.signedUp('banned')
      await done(admin.updateUserById(mine.user.id, { ban_duration: '24h' }))
      const refused = await failed(people.client().auth.signInWithPassword({ email: mine.email, password }))
      const ended = Boolean((await mine.auth.refreshSession()).error)
      await done(admin.updateUserById(mine.user.id, { ban_duration: 'none' }))
      return [refused, ended, (await people.again(mine)).user.id === mine.user.id]
    },
  })
  await t.check('admin.signOut', 'ends the sessions of a token', {
    want: true,
    got: async () => {
      const mine = await people.signedUp('ended')
      await done(admin.signOut(mine.session.access_token, 'global'))
      return Boolean((await mine.auth.refreshSession()).error)
    },
  })
  await t.check('admin.mfa.listFactors', 'and deleteFactor: of the account of another', {
    want: [1, true, 0],
    got: async () => {
      const mine = await people.signedUp('factors')
      const { id: factorId } = await done(mine.auth.mfa.enroll({ factorType: 'totp' }))
      const before = (await done(admin.mfa.listFactors({ userId: mine.user.id }))).factors
      // The client wraps this answer twice.
      const gone = await done(admin.mfa.deleteFactor({ userId: mine.user.id, id: factorId }))
      const after = (await done(admin.mfa.listFactors({ userId: mine.user.id }))).factors
      return [before.length, gone.data.id === factorId, after.length]
    },
  })
  await t.check('admin.deleteUser', 'takes an account away', {
    want: [apiError(404, 'user_not_found'), apiError(400, 'invalid_credentials')],
    got: async () => {
      await done(admin.deleteUser(id))
      return [await failed(admin.getUserById(id)), await failed(people.client().auth.signInWithPassword({ email, password: 'quite another password' }))]
    },
  })
}

async function lists(t, people, admin) {
  await t.check('admin.listUsers', 'has pages, and says how many there are', {
    want: [2, 2, true, true, 0],
    got: async () => {
      const first = await done(admin.listUsers({ page: 1, perPage: 2 }))
      const second = await done(admin.listUsers({ page: 2, perPage: 2 }))
      const ids = new Set([...first.users, ...second.users].map((user) => user.id))
      const beyond = await done(admin.listUsers({ page: first.lastPage + 1, perPage: 2 }))
      return [first.users.length, first.nextPage, ids.size === 4, first.lastPage === Math.ceil(first.total / 2), beyond.users.length]
    },
  })
}

async function mails(t, people, admin) {
  await t.check('admin.inviteUserByEmail', 'mails a way in to somebody who has no account', {
    want: [true, true, true],
    got: async () => {
      const email = people.address('invited')
      const { user } = await done(admin.inviteUserByEmail(email, { data: { team: 'red' } }))
      const token = new URL((await people.mail(email, 'invite')).link).searchParams.get('token')
      const { auth } = people.client()
      const come = await done(auth.verifyOtp({ token_hash: token, type: 'invite' }))
      await done(auth.updateUser({ password }))
      return [Boolean(user.invited_at), come.user.id === user.id, come.user.user_metadata.team === 'red']
    },
  })
  await t.check('admin.generateLink', 'makes what a mail would have, without one', {
    want: [true, 'magiclink', true, true],
    got: async () => {
      const { email, user } = await people.signedUp('linked')
      const { properties } = await done(admin.generateLink({ type: 'magiclink', email, options: { redirectTo: 'https://app.example/x' } }))
      const { auth } = people.client()
      const come = await done(auth.verifyOtp({ token_hash: properties.hashed_token, type: 'magiclink' }))
      return [properties.action_link.startsWith(`${people.url}/auth/v1/verify?`), properties.verification_type,
        properties.redirect_to === 'https://app.example/x', come.user.id === user.id]
    },
  })
  await t.check('admin.generateLink', 'of a sign-up makes the account', {
    want: [true, true],
    got: async () => {
      const email = people.address('generated')
      const { user, properties } = await done(admin.generateLink({ type: 'signup', email, password }))
      const come = await done(people.client().auth.verifyOtp({ email, token: properties.email_otp, type: 'signup' }))
      return [come.user.id === user.id, Boolean(claims(come.session.access_token).sub)]
    },
  })
}

async function refusals(t, people) {
  await t.check('admin.listUsers', 'is for secret keys: not for users, nor for nobody', {
    want: [apiError(403, 'not_admin'), apiError(401, 'no_authorization')],
    got: async () => {
      const { session } = await people.signedUp('curious')
      const ask = (token) => people.withToken(token).auth.admin.listUsers()
      return [await failed(ask(session.access_token)), await failed(people.client().auth.admin.listUsers())]
    },
  })
}
