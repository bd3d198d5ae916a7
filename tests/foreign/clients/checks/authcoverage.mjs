import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { GoTrueAdminApi, GoTrueClient } from '@supabase/supabase-js'

/** Calls that need no assertion, with the reason. */
const elsewhere = {
  initialize: 'every call waits for it',
  isThrowOnErrorEnabled: 'of the client only',
  startAutoRefresh: 'of the client only: refreshSession on a timer',
  stopAutoRefresh: 'of the client only',
  dispose: 'of the client only',
  signInWithPasskey: 'needs a browser: tests/foreign/passkeys',
  registerPasskey: 'needs a browser: tests/foreign/passkeys',
  signInWithWeb3: 'not supported: wallets',
}

const classes = { GoTrueClient, GoTrueAdminApi }

/** Watches which methods of the auth clients are called, from now on. */
export function watchAuth() {
  const called = new Set()
  for (const { prototype } of Object.values(classes)) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name)
      if (typeof value !== 'function' || name === 'constructor') continue
      prototype[name] = function (...args) {
        called.add(name)
        return value.apply(this, args)
      }
    }
  }
  return called
}

/** The public methods of the auth clients, by the package's own types. */
function declared() {
  const home = fileURLToPath(import.meta.resolve('@supabase/auth-js'))
  const methods = new Set()
  for (const name of Object.keys(classes)) {
    for (const line of readFileSync(home.replace(/[^/]+$/, `${name}.d.ts`), 'utf8').split('\n')) {
      const method = /^ {4}([a-z]\w*)[<(]/.exec(line)
      if (method && method[1] !== 'constructor') methods.add(method[1])
    }
  }
  return methods
}

/** Asserts that every public method was called or has a reason not to be. */
export async function authCoverage(t, called) {
  const missing = [...declared()].filter((name) => !called.has(name)).sort()
  await t.check('coverage', `the ${declared().size} public methods of the auth clients are called, or a reason stands why not`, {
    want: [],
    got: async () => missing.filter((name) => !(name in elsewhere)),
  })
}
