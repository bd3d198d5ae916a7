// Uses channels with the real supabase-js over both versions of the protocol: presence and
// broadcasts between two servers, which may be one. realtime_channels_test.go gives NEAR_URL and FAR_URL. It prints
// one line per assertion and ends with status 1 if one does not hold.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'

/** until waits for a condition, at most ten seconds. */
async function until(what, condition) {
  const end = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`timeout: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
  console.log(`ok ${what}`)
}

async function client(url, vsn) {
  const { publishable_key: key } = await (await fetch(`${url}/rest/v1/-/settings`)).json()
  return createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket, vsn },
  })
}

/** enter subscribes to a channel and collects what comes. */
async function enter(c, name, config, watch = true) {
  const seen = { joins: [], leaves: [], syncs: 0, status: [] }
  const channel = c.channel(name, { config: { private: true, ...config } })
  if (watch) {
    channel
      .on('presence', { event: 'sync' }, () => seen.syncs++)
      .on('presence', { event: 'join' }, ({ key, newPresences }) => seen.joins.push([key, newPresences]))
      .on('presence', { event: 'leave' }, ({ key, leftPresences }) => seen.leaves.push([key, leftPresences]))
  }
  channel.subscribe((status, error) => seen.status.push(error?.message ?? status))
  await until('SUBSCRIBED', () => seen.status.includes('SUBSCRIBED'))
  return { channel, seen }
}

/** present is the state of a channel without refs. */
function present(channel) {
  const state = channel.presenceState()
  return Object.fromEntries(Object.keys(state).sort().map((key) => [key, state[key].map((p) => p.text).sort()]))
}

async function presence(vsn) {
  const lounge = `lounge-${vsn}`
  const annClient = await client(process.env.NEAR_URL, vsn)
  const bobClient = await client(process.env.FAR_URL, vsn)
  const phoneClient = await client(process.env.NEAR_URL, vsn)
  const ann = await enter(annClient, lounge, { presence: { key: 'ann' } })
  await until('a first sync', () => ann.seen.syncs === 1)
  assert.equal(await ann.channel.track({ text: 'hi' }), 'ok')
  await until('the own presence', () => ann.seen.joins.length === 1)
  assert.equal(ann.seen.joins[0][0], 'ann')
  assert.equal(ann.seen.joins[0][1][0].text, 'hi')
  assert.ok(ann.seen.joins[0][1][0].presence_ref)

  const bob = await enter(bobClient, lounge, { presence: { key: 'bob' } })
  await until('the state after a join', () => JSON.stringify(present(bob.channel)) === '{"ann":["hi"]}')
  assert.equal(await bob.channel.track({ text: 'hello' }), 'ok')
  const phone = await enter(phoneClient, lounge, { presence: { key: 'phone' } }, false)
  assert.equal(await phone.channel.track({ text: 'phone' }), 'ok')
  for (const { channel } of [ann, bob]) {
    await until('three members', () => JSON.stringify(present(channel)) === '{"ann":["hi"],"bob":["hello"],"phone":["phone"]}')
  }
  assert.deepEqual(present(phone.channel), {}, 'no updates without presence.enabled')

  // Versions before supabase-js#2566 lose the leaves of a key that was present already, so this
  // does not track again without a pause.
  assert.equal(await phone.channel.untrack(), 'ok')
  await until('an untrack', () => JSON.stringify(present(bob.channel)) === '{"ann":["hi"],"bob":["hello"]}')
  assert.equal(await phone.channel.track({ text: 'back' }), 'ok')
  await until('a second track', () => JSON.stringify(present(bob.channel)) === '{"ann":["hi"],"bob":["hello"],"phone":["back"]}')
  await phoneClient.removeAllChannels()
  await until('a leave', () => JSON.stringify(present(bob.channel)) === '{"ann":["hi"],"bob":["hello"]}')
  annClient.realtime.disconnect()
  await until('a cut socket', () => JSON.stringify(present(bob.channel)) === '{"bob":["hello"]}')
  assert.equal(bob.seen.leaves.at(-1)[0], 'ann')
  assert.equal(await bob.channel.track([]), 'error', 'a payload that is no object')
  assert.equal(await bob.channel.track({ text: 'x'.repeat(4000) }), 'error', 'a payload that is too large')

  for (const c of [annClient, bobClient, phoneClient]) {
    await c.removeAllChannels()
    c.realtime.disconnect()
  }
}

async function broadcasts(vsn) {
  const annClient = await client(process.env.NEAR_URL, vsn)
  const bobClient = await client(process.env.FAR_URL, vsn)
  const heard = { ann: [], bob: [], system: [] }
  const name = `lounge-talk-${vsn}`
  const ann = annClient.channel(name, { config: { private: true, broadcast: { ack: true, self: true, replication_ready: true } } })
  const bob = bobClient.channel(name, { config: { private: true } })
  ann.on('broadcast', { event: 'say' }, ({ payload }) => heard.ann.push(payload))
  ann.on('system', {}, (payload) => heard.system.push(payload))
  bob.on('broadcast', { event: 'say' }, ({ payload }) => heard.bob.push(payload))
  for (const channel of [ann, bob]) {
    let status
    channel.subscribe((s) => { status = s })
    await until('SUBSCRIBED', () => status === 'SUBSCRIBED')
  }
  await until('replication_ready', () => heard.system.some((s) => s.extension === 'system' && s.status === 'ok'))
  const say = (payload) => ann.send({ type: 'broadcast', event: 'say', payload })
  for (let n = 0; heard.bob.length === 0; n++) { // until the other server listens
    assert.equal(await say({ n }), 'ok')
    await new Promise((done) => setTimeout(done, 20))
  }
  const large = { text: 'x'.repeat(100_000) }
  assert.equal(await say(large), 'ok')
  assert.equal((await ann.httpSend('say', { text: 'by HTTP' })).success, true)
  for (const list of [heard.ann, heard.bob]) {
    await until('a large broadcast, and one by HTTP', () => list.at(-1)?.text === 'by HTTP' && list.at(-2)?.text?.length === 100_000)
  }
  if (vsn === '2.0.0') {
    const bytes = new Uint8Array([0, 1, 255])
    assert.equal(await say(bytes.buffer), 'ok')
    assert.equal((await ann.httpSend('say', bytes)).success, true)
    for (const list of [heard.ann, heard.bob]) {
      await until('bytes', () => list.slice(-2).every((b) => b instanceof ArrayBuffer && Buffer.from(b).equals(Buffer.from(bytes))))
    }
  }
  assert.equal(await say({ text: 'x'.repeat(200_000) }), 'ok')
  for (const c of [annClient, bobClient]) {
    await c.removeAllChannels()
    c.realtime.disconnect()
  }
}

for (const vsn of ['1.0.0', '2.0.0']) {
  await presence(vsn)
  await broadcasts(vsn)
}
console.log('done')
process.exit(0)
