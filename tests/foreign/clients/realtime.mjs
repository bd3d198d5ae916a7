// Follows the notes of the quickstart with the real supabase-js, as two users over both versions
// of the protocol. realtime_test.go starts the server and gives QUICKSTART_URL and
// QUICKSTART_PUBLISHABLE. It prints one line per assertion and ends with status 1 if one does
// not hold.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'

const url = process.env.QUICKSTART_URL
const key = process.env.QUICKSTART_PUBLISHABLE

/** until waits for a condition, at most ten seconds. */
async function until(what, condition) {
  const end = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`timeout: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
  console.log(`ok ${what}`)
}

function client(vsn) {
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket, vsn },
  })
}

async function signedUp(vsn, name) {
  const c = client(vsn)
  const { error } = await c.auth.signUp({ email: `${name}-${vsn}@example.org`, password: `correct horse ${name}` })
  assert.equal(error, null)
  return c
}

/** follow subscribes to notes and collects the changes and the cursors. */
async function follow(c, options = {}) {
  const seen = { changes: [], status: [], since: '' }
  const channel = c.channel(`notes-${Math.random()}`)
    .on('postgres_changes', { event: '*', schema: 'public', table: 'notes', ...options }, (change) => seen.changes.push(change))
    .on('system', {}, (payload) => { if (payload.since) seen.since = payload.since })
    .subscribe((status) => seen.status.push(status))
  await until('SUBSCRIBED', () => seen.status.includes('SUBSCRIBED'))
  return { seen, channel }
}

async function play(vsn) {
  const ann = await signedUp(vsn, 'ann')
  const bob = await signedUp(vsn, 'bob')
  const anns = await follow(ann)
  const bobs = await follow(bob)
  const filtered = await follow(ann, { filter: 'title=like.B*' })

  const { data: note } = await ann.from('notes').insert({ title: 'Apples' }).select().single()
  await until('an INSERT', () => anns.seen.changes.length === 1)
  const [change] = anns.seen.changes
  assert.equal(change.eventType, 'INSERT')
  assert.deepEqual(change.new, note)
  assert.deepEqual(change.old, {})
  assert.equal(change.table, 'notes')
  assert.equal(change.errors, null)

  await ann.from('notes').update({ title: 'Bread' }).eq('id', note.id)
  await until('an UPDATE', () => anns.seen.changes.length === 2)
  assert.equal(anns.seen.changes[1].eventType, 'UPDATE')
  assert.equal(anns.seen.changes[1].new.title, 'Bread')
  assert.deepEqual(anns.seen.changes[1].old, { id: note.id })
  await until('the row enters a filter', () => filtered.seen.changes.length === 1)
  assert.equal(filtered.seen.changes[0].eventType, 'UPDATE')

  await until('a cursor', () => anns.seen.since !== '')
  const { since } = anns.seen
  await ann.from('notes').delete().eq('id', note.id)
  await until('a DELETE', () => anns.seen.changes.length === 3)
  assert.equal(anns.seen.changes[2].eventType, 'DELETE')
  assert.deepEqual(anns.seen.changes[2].old, { id: note.id })

  const again = await follow(ann, { since })
  await until('the changes since a cursor', () => again.seen.changes.length >= 1)
  assert.equal(again.seen.changes.at(-1).eventType, 'DELETE')

  assert.deepEqual(bobs.seen.changes, [], 'another user sees nothing')
  console.log('ok another user sees nothing')

  // A session that begins later: the channels follow its token.
  const late = client(vsn)
  const lates = await follow(late)
  await late.auth.signInWithPassword({ email: `ann-${vsn}@example.org`, password: 'correct horse ann' })
  await new Promise((done) => setTimeout(done, 500))
  await ann.from('notes').insert({ title: 'Cheese' })
  await until('a change after the sign-in', () => lates.seen.changes.length === 1)

  assert.equal(await ann.removeChannel(anns.channel), 'ok')
  console.log('ok a channel is removed')

  const refused = []
  late.channel('refused', { config: { private: true } }).subscribe((status, error) => refused.push([status, error?.message]))
  await until('a private channel is refused', () => refused.some(([status, text]) => status === 'CHANNEL_ERROR' && /Unauthorized/.test(text)))

  for (const c of [ann, bob, late]) await c.removeAllChannels()
  for (const c of [ann, bob, late]) c.realtime.disconnect()
}

for (const vsn of ['1.0.0', '2.0.0']) await play(vsn)
console.log('done')
process.exit(0)
