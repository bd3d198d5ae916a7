// Follows the notes of the quickstart with the real supabase-js over a network that fails.
// realtime_faults_test.go starts the server and a proxy before it, whose faults are set at
// CONTROL_URL. It prints one line per assertion and ends with status 1 if one does not hold.
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'

const { DIRECT_URL, PROXY_URL, CONTROL_URL, PUBLISHABLE, JWT_SECRET, JWT_ISSUER, VSN } = process.env

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
const control = (fault) => fetch(`${CONTROL_URL}/${fault}`, { method: 'POST' })

/** until waits for a condition, at most a minute. */
async function until(what, condition) {
  const end = Date.now() + 60_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`timeout: ${what}`)
    await pause(20)
  }
  console.log(`ok ${what}`)
}

/** sign returns an access token of a user for some seconds. */
function sign(user, seconds) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + seconds
  const text = part({ alg: 'HS256', typ: 'at+jwt' }) + '.' + part({ iss: JWT_ISSUER, aud: JWT_ISSUER, sub: user, role: 'authenticated', exp })
  return text + '.' + createHmac('sha256', JWT_SECRET).update(text).digest('base64url')
}

function client(url, accessToken, heartbeats = []) {
  return createClient(url, PUBLISHABLE, {
    accessToken,
    realtime: {
      transport: WebSocket, vsn: VSN, heartbeatIntervalMs: 500, reconnectAfterMs: () => 100,
      heartbeatCallback: (status) => heartbeats.push(status),
    },
  })
}

/** follow collects the titles of new notes. Each join continues at the last cursor, and repeats what came after it. */
async function follow(c, since) {
  const binding = { event: 'INSERT', schema: 'public', table: 'notes', since }
  const seen = { titles: [], sure: 0, joins: 0, errors: [], closed: false, binding }
  seen.channel = c.channel(`follow-${randomUUID()}`)
    .on('postgres_changes', binding, (change) => seen.titles.push(change.new.title))
    .on('system', {}, (payload) => {
      if (payload.status === 'error') seen.errors.push(payload.message)
      if (payload.since) [binding.since, seen.sure] = [payload.since, seen.titles.length]
    })
    .subscribe((status) => {
      if (status === 'CLOSED') seen.closed = true
      if (status !== 'SUBSCRIBED') return // what the connection has received still comes
      seen.titles.length = seen.sure
      seen.joins++
    })
  await until('SUBSCRIBED with a cursor', () => seen.joins > 0 && binding.since)
  return seen
}

/** mirror keeps the notes as most applications do: by the list after each SUBSCRIBED, and the changes. */
async function mirror(c, writer) {
  const rows = new Map()
  let joins = 0
  const set = (row) => { if (!(rows.get(row.id)?.version > row.version)) rows.set(row.id, row) }
  c.channel(`mirror-${randomUUID()}`)
    .on('postgres_changes', { event: '*', schema: 'public', table: 'notes' }, (change) => set(change.new))
    .subscribe(async (status) => {
      if (status !== 'SUBSCRIBED') return
      const { data, error } = await writer.from('notes').select()
      assert.equal(error, null)
      data.forEach(set)
      joins++
    })
  await until('a list that is kept', () => joins > 0)
  return rows
}

/** user is a user whose notes are written directly and followed through the proxy, with tokens that live for some seconds. */
async function user(life = 600) {
  const id = randomUUID()
  const u = { id, written: [], heartbeats: [], writer: client(DIRECT_URL, async () => sign(id, 600)) }
  u.client = client(PROXY_URL, async () => sign(id, life), u.heartbeats)
  u.write = async (count) => {
    for (let i = 0; i < count; i++) {
      const title = `note ${u.written.length}`
      const { error } = await u.writer.from('notes').insert({ title })
      assert.equal(error, null)
      u.written.push(title)
    }
  }
  u.seen = await follow(u.client)
  u.rows = await mirror(u.client, u.writer)
  await u.client.realtime.setAuth() // see docs/realtime.md
  return u
}

/** complete: what was followed is what was written, in its order and once. */
async function complete(what, u, seen) {
  await until(`${what}: the last change`, () => seen.titles.at(-1) === u.written.at(-1))
  assert.deepEqual(seen.titles, u.written, what)
  console.log(`ok ${what}: nothing missed, nothing twice`)
}

/** play follows through a fault, and compares with what was written. */
async function play(what, fault, life) {
  const u = await user(life)
  await u.write(3)
  const { joins } = u.seen
  await fault(u)
  await u.writer.from('notes').update({ body: 'changed' }).eq('title', 'note 0')
  await u.write(3)
  await complete(what, u, u.seen)
  const { data } = await u.writer.from('notes').select()
  await until(`${what}: the list is kept`, () => data.length === u.rows.size && data.every((row) => u.rows.get(row.id)?.version === row.version))
  await u.client.removeAllChannels()
  return u.seen.joins - joins
}

/** cut closes the connections while notes are written, again and again. */
async function cut(u) {
  for (let round = 0; round < 5; round++) {
    const { joins } = u.seen
    const writing = u.write(6)
    await pause(Math.random() * 20)
    await control('cut')
    await writing
    await until('a reconnect after a cut', () => u.seen.joins > joins)
  }
}

/** hold lets the network drop everything until the client gives up the connection. */
async function hold(u) {
  const { joins } = u.seen
  u.heartbeats.length = 0
  await control('hold')
  await u.write(5)
  await until('a heartbeat is not answered', () => u.heartbeats.includes('timeout'))
  await u.write(5)
  await control('release')
  await until('a reconnect after the network was away', () => u.seen.joins > joins)
}

/** sleep stops this thread for some time, while another one writes, and may cut the connection. */
function sleep(ms, cutting) {
  return async (u) => {
    const awake = new Int32Array(new SharedArrayBuffer(4))
    const titles = Array.from({ length: 10 }, (_, i) => `note ${u.written.length + i}`)
    const worker = new Worker(`
      const { workerData: d } = require('node:worker_threads')
      ;(async () => {
        for (const title of d.titles) {
          const res = await fetch(d.url + '/rest/v1/notes', { method: 'POST', body: JSON.stringify({ title }),
            headers: { 'Content-Type': 'application/json', apikey: d.key, Authorization: 'Bearer ' + d.token } })
          if (res.status !== 201) throw new Error(await res.text())
        }
        if (d.cutting) await fetch(d.control + '/cut', { method: 'POST' })
        await new Promise((done) => setTimeout(done, d.ms))
      })().finally(() => { Atomics.store(d.awake, 0, 1); Atomics.notify(d.awake, 0) })`, {
      eval: true,
      workerData: { awake, titles, ms, cutting, url: DIRECT_URL, control: CONTROL_URL, key: PUBLISHABLE, token: sign(u.id, 600) },
    })
    assert.notEqual(Atomics.wait(awake, 0, 0, 60_000), 'timed-out')
    await worker.terminate()
    u.written.push(...titles)
  }
}

/** expire follows for longer than a token lives: by new tokens of a callback, by those of setAuth, and by the old one. */
async function expire() {
  const u = await user()
  const first = sign(u.id, 8)
  const end = Date.now() + 11_000
  const byCallback = client(DIRECT_URL, async () => sign(u.id, 8))
  const bySetAuth = client(DIRECT_URL)
  const stale = client(DIRECT_URL, async () => first)
  await bySetAuth.realtime.setAuth(first)
  const all = await Promise.all([follow(byCallback), follow(bySetAuth), follow(stale)])
  await byCallback.realtime.setAuth() // see docs/realtime.md
  for (; Date.now() < end; await pause(500)) {
    await bySetAuth.realtime.setAuth(sign(u.id, 8))
    await u.write(1)
  }
  await complete('new tokens of the callback', u, all[0])
  await complete('new tokens of setAuth', u, all[1])
  assert.deepEqual([all[0].errors, all[1].errors], [[], []])
  await until('without a new token the channel is closed', () => all[2].closed && all[2].errors.includes('Token has expired'))
  assert.ok(all[2].titles.length < u.written.length)

  const again = await follow(u.client, all[2].binding.since)
  again.titles.unshift(...all[2].titles.slice(0, all[2].sure))
  again.sure += all[2].sure
  await u.write(1)
  await complete('a channel after its token has expired', u, again)
}

const expiring = expire()
assert.ok(await play('cuts', cut) >= 5)
await expiring
assert.ok(await play('a network that is away', hold) >= 1)
await play('a sleep for three heartbeats', sleep(1_500, false))
assert.ok(await play('a sleep over a cut, for longer than a token lives', sleep(7_000, true), 6) >= 1)
console.log('done')
process.exit(0)
