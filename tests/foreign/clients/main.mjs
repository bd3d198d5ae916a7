// Drives a running atlas and a running quickstart with the real supabase-js and
// compares each answer with what plain JavaScript finds in the files of iso-codes.
// clients_test.go starts the servers and gives their addresses:
//
//	ATLAS_URL, ATLAS_PUBLISHABLE, ATLAS_SECRET
//	QUICKSTART_URL, QUICKSTART_PUBLISHABLE, QUICKSTART_OTHER_TOKEN
//	OPEN_URL, OPEN_PUBLISHABLE, OPEN_SECRET  accounts whose addresses count as confirmed
//	MAILED_URL, MAILED_PUBLISHABLE, MAILED_SECRET  accounts whose addresses do not
//	LETTERS_URL  letters with two relations to people
//	ISO_CODES  folder with the JSON files
//	ENGINE     sqlite or postgres
//
// It prints one line per assertion and ends with status 1 if one does not hold.
import { createClient } from '@supabase/supabase-js'

import { readCodes } from './checks/iso.mjs'
import { Suite } from './checks/suite.mjs'
import { absence } from './checks/absence.mjs'
import { authCoverage, watchAuth } from './checks/authcoverage.mjs'
import { coverage, watch } from './checks/coverage.mjs'
import { admins } from './checks/admins.mjs'
import { aggregates } from './checks/aggregates.mjs'
import { conditional } from './checks/conditional.mjs'
import { documents } from './checks/documents.mjs'
import { embeds } from './checks/embeds.mjs'
import { factors } from './checks/factors.mjs'
import { failures } from './checks/failures.mjs'
import { filters } from './checks/filters.mjs'
import { functions } from './checks/functions.mjs'
import { groups } from './checks/groups.mjs'
import { hints } from './checks/hints.mjs'
import { identities } from './checks/identities.mjs'
import { letters } from './checks/letters.mjs'
import { mails } from './checks/mails.mjs'
import { notes } from './checks/notes.mjs'
import { order } from './checks/order.mjs'
import { paging } from './checks/paging.mjs'
import { phones } from './checks/phones.mjs'
import { plans } from './checks/plans.mjs'
import { quantifiers } from './checks/quantifiers.mjs'
import { People } from './checks/people.mjs'
import { restores } from './checks/restores.mjs'
import { searches } from './checks/searches.mjs'
import { selects } from './checks/selects.mjs'
import { sessions } from './checks/sessions.mjs'
import { spreads } from './checks/spreads.mjs'
import { strangers } from './checks/strangers.mjs'
import { upserts } from './checks/upserts.mjs'
import { writes } from './checks/writes.mjs'

function env(name) {
  const value = process.env[name]
  if (!value) {
    console.error(`clients: ${name} is not set`)
    process.exit(2)
  }
  return value
}

/** A client without a session, which authenticates by its key, or by a token beside it. */
function client(url, key, token) {
  const options = {
    auth: { persistSession: false, autoRefreshToken: false },
    // Node.js 20 has no WebSocket of its own, and nothing here opens one.
    realtime: { transport: globalThis.WebSocket ?? class {} },
  }
  if (token) options.accessToken = async () => token
  return createClient(url, key, options)
}

/** The user of a token. */
function subject(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).sub
}

const called = watch()
const calledAuth = watchAuth()
const iso = readCodes(env('ISO_CODES'))
const atlas = client(env('ATLAS_URL'), env('ATLAS_PUBLISHABLE'))
const service = client(env('ATLAS_URL'), env('ATLAS_SECRET'))
const quickstart = env('QUICKSTART_URL')
const publishable = env('QUICKSTART_PUBLISHABLE')
const other = env('QUICKSTART_OTHER_TOKEN')

const suite = new Suite()
for (const read of [selects, filters, quantifiers, documents, groups, order, paging, embeds, absence, spreads, hints, aggregates, functions, failures]) {
  await read(suite, atlas, iso)
}
await letters(suite, client(env('LETTERS_URL'), 'nobody'))
await searches(suite, atlas, iso, env('ENGINE'))
for (const write of [writes, upserts, restores]) {
  await write(suite, { service, anonymous: atlas }, iso)
}
const demo = client(quickstart, publishable)
const { data: { session }, error } = await demo.auth.signUp({ email: 'demo@example.org', password: 'a good password' })
if (error) throw error
await notes(suite, {
  demo,
  other: client(quickstart, publishable, other),
  anonymous: client(quickstart, publishable),
}, { owner: session.user.id, stranger: subject(other) })
await plans(suite, { demo }, { owner: session.user.id })
await conditional(suite, { demo }, { url: quickstart, publishable, token: session.access_token })
const quick = new People(quickstart, publishable)
const open = new People(env('OPEN_URL'), env('OPEN_PUBLISHABLE'), env('OPEN_SECRET'))
await sessions(suite, quick)
await strangers(suite, open, quick)
await identities(suite, open)
await admins(suite, open)
await factors(suite, open)
const mailed = new People(env('MAILED_URL'), env('MAILED_PUBLISHABLE'), env('MAILED_SECRET'))
await mails(suite, mailed)
await phones(suite, mailed)
await coverage(suite, called, console)
await authCoverage(suite, calledAuth)
process.exit(suite.report(console))
