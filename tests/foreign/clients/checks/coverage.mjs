import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as postgrest from '@supabase/postgrest-js'

/** Calls that need no assertion, with the reason. */
const elsewhere = {
  overrideTypes: 'of types only',
  returns: 'of types only',
  constructor: 'every call makes one',
}

/** Calls for what the library does not have; docs/wire.md says so. */
const unsupported = {
  rangeGt: 'no range types, as rangeAdjacent shows',
  rangeGte: 'no range types, as rangeAdjacent shows',
  rangeLt: 'no range types, as rangeAdjacent shows',
  rangeLte: 'no range types, as rangeAdjacent shows',
  rollback: 'a client cannot ask for a rollback',
}

/** Watches which methods of the builders are called, from now on. */
export function watch() {
  const called = new Set()
  for (const builder of Object.values(postgrest)) {
    if (typeof builder !== 'function' || builder === postgrest.PostgrestError) continue
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(builder.prototype))) {
      if (typeof value !== 'function' || name === 'constructor') continue
      builder.prototype[name] = function (...args) {
        called.add(name)
        return value.apply(this, args)
      }
    }
  }
  return called
}

/** The public methods of the builders and the client, by the package's own types. */
function declared() {
  const types = fileURLToPath(import.meta.resolve('@supabase/postgrest-js')).replace(/\.mjs$/, '.d.mts')
  const methods = new Set()
  let inside = false
  for (const line of readFileSync(types, 'utf8').split('\n')) {
    const opened = /^declare (?:abstract )?class (\w+)/.exec(line)
    if (opened) inside = opened[1] !== 'PostgrestError'
    if (line === '}') inside = false
    const method = /^(?: {2}|\t)([a-z]\w*)[<(]/.exec(line)
    if (inside && method) methods.add(method[1])
  }
  return methods
}

/** Asserts that every public method was called or has a reason not to be, and prints those that were not. */
export async function coverage(t, called, out) {
  const missing = [...declared()].filter((name) => !called.has(name)).sort()
  for (const name of missing) out.log(`not called: ${name} (${elsewhere[name] ?? unsupported[name] ?? 'no reason'})`)
  await t.check('coverage', `the ${declared().size} public methods of the client's types are called, or a reason stands why not`, {
    want: [],
    got: async () => missing.filter((name) => !(name in elsewhere) && !(name in unsupported)),
  })
  await t.check('coverage', 'methods with a reason not to be called are not called', {
    want: [],
    got: async () => Object.keys(unsupported).filter((name) => called.has(name)),
  })
}
