import { randomUUID } from 'node:crypto'
import { createClient } from '@supabase/supabase-js'

/** A password that the policy takes. */
export const password = 'a good password'

/** People who have accounts on a server, each with a client of their own. */
export class People {
  constructor(url, publishable, secret) {
    Object.assign(this, { url, publishable, secret })
  }

  /** A client like a browser's, which keeps its session in a storage of its own. */
  client(auth = {}) {
    return this.#client(this.publishable, auth)
  }

  /** The client of a program of the owner's, which manages accounts. */
  service() {
    return this.#client(this.secret)
  }

  /** A client whose every call brings a token. */
  withToken(token) {
    return createClient(this.url, this.publishable, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { headers: { Authorization: `Bearer ${token}` } },
      realtime: { transport: globalThis.WebSocket ?? class {} },
    })
  }

  /** Lets somebody be the one who logs in at the provider from now on, and returns their ID token. */
  async stands(who) {
    const answer = await fetch(`${this.url}/provider`, { method: 'POST', body: JSON.stringify(who) })
    if (!answer.ok) throw new Error(`the provider answers ${answer.status}`)
    return answer.text()
  }

  #client(key, auth = {}) {
    const kept = new Map()
    const storage = {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
      removeItem: (name) => void kept.delete(name),
    }
    return createClient(this.url, key, {
      auth: { autoRefreshToken: false, detectSessionInUrl: false, persistSession: true, storage, ...auth },
      realtime: { transport: globalThis.WebSocket ?? class {} },
    })
  }

  /** An address that nobody has. */
  address(name = 'somebody') {
    return `${name}-${randomUUID()}@example.org`
  }

  /** A client of somebody who has just signed up, where addresses need no confirmation. */
  async signedUp(name, auth) {
    const db = this.client(auth)
    const email = this.address(name)
    const { user, session } = await done(db.auth.signUp({ email, password }))
    return { db, auth: db.auth, email, user, session }
  }

  /** A second client of somebody, logged in by password. */
  async again({ email }, auth) {
    const db = this.client(auth)
    const { user, session } = await done(db.auth.signInWithPassword({ email, password }))
    return { db, auth: db.auth, email, user, session }
  }

  /** Sets the clock of the server forward. */
  async later(by) {
    const { ok } = await fetch(`${this.url}/clock?by=${by}`)
    if (!ok) throw new Error(`the clock does not go forward by ${by}`)
  }

  /** The newest mail to an address by a template, once there are as many. */
  async mail(to, template, count = 1) {
    for (const end = Date.now() + 10_000; Date.now() < end; await new Promise((wake) => setTimeout(wake, 20))) {
      const mails = await (await fetch(`${this.url}/mailbox?to=${encodeURIComponent(to)}`)).json()
      const found = (mails ?? []).filter((mail) => mail.template === template)
      if (found.length >= count) return found.at(-1).values
    }
    throw new Error(`${to} has got no mail ${template}`)
  }
}

/** What a call returns that must be a success. */
export async function done(call) {
  const { data, error } = await call
  if (error) throw new Error(`${error.name} ${error.status} ${error.code}: ${error.message}`)
  return data
}

/** Name, status and code of the error of a call that must be a failure. */
export async function failed(call) {
  const { data, error } = await call
  if (!error) return { data }
  return { name: error.name, status: error.status, code: error.code }
}

/** What failed returns for an answer of the server. */
export function apiError(status, code) {
  return { name: 'AuthApiError', status, code }
}

/** The claims of a token, unverified. */
export function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
}
