// Keeps the open page up to date over one socket: numbers of posts, the thread, notifications,
// and who is online. It speaks the protocol of Phoenix channels, as supabase-js does.

const me = document.querySelector('[data-me]')?.dataset.me
const all = (selector, of = document) => [...of.querySelectorAll(selector)]
const online = new Map() // by person: the keys of their open pages
let socket, ref = 0, retry = 500, tracked = false

// changes are the rows that the page shows.
function changes() {
  const table = (name, filter) => ({ event: '*', schema: 'public', table: name, ...(filter && { filter }) })
  const posts = [...new Set(all('[data-post]').map((e) => e.dataset.post))]
  const thread = all('[data-refresh]').map((e) => e.dataset.refresh).find((id) => id)
  return [table('inboxes'), ...(posts.length ? [table('posts', `id=in.(${posts})`)] : []), ...(thread ? [table('comments', `post_id=eq.${thread}`)] : [])]
}

function send(topic, event, payload, join = null) {
  ref += 1
  socket.send(JSON.stringify([join, String(ref), topic, event, payload]))
}

function connect() {
  socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/realtime/v1/websocket?vsn=2.0.0`)
  const heartbeat = setInterval(() => socket.readyState === 1 && send('phoenix', 'heartbeat', {}), 25_000)
  socket.onopen = () => {
    const people = new Set([me, ...all('[data-person]').map((e) => e.dataset.person)])
    send('realtime:page', 'phx_join', { config: { postgres_changes: changes() } }, 'page')
    for (const id of people) {
      send(`realtime:person:${id}`, 'phx_join', { config: { private: true, presence: { key: me, enabled: true } } }, id)
    }
  }
  socket.onmessage = (message) => {
    const [, , topic, event, payload] = JSON.parse(message.data)
    const person = topic.split('realtime:person:')[1]
    if (event === 'phx_reply' && payload.status === 'ok' && topic === 'realtime:page') {
      document.documentElement.dataset.live = 'true'
      if (retry > 500) refresh() // changes were missed
      retry = 500
    }
    if (event === 'phx_reply' && payload.status === 'ok' && person === me && !tracked) {
      tracked = true
      send(topic, 'presence', { type: 'presence', event: 'track', payload: {} }, me)
    }
    if (event === 'postgres_changes') apply(payload.data)
    if (event === 'presence_state') presence(person, payload, {}, true)
    if (event === 'presence_diff') presence(person, payload.joins, payload.leaves)
  }
  socket.onclose = () => {
    clearInterval(heartbeat)
    online.clear()
    tracked = false
    retry = Math.min(retry * 2, 30_000)
    setTimeout(connect, retry * (0.5 + Math.random() / 2))
  }
}

// apply shows a change of a row.
function apply({ table, record }) {
  if (table === 'comments' || (table === 'inboxes' && location.pathname === '/notifications')) refresh()
  if (table === 'inboxes' && record?.id) {
    document.querySelector('nav a[href="/notifications"]').textContent = record.unread > 0 ? `Notifications (${record.unread})` : 'Notifications'
  }
  if (table === 'posts' && record?.id) {
    for (const number of all(`[data-post="${record.id}"] [data-number]`)) number.textContent = record[number.dataset.number]
  }
}

// presence shows whether a person has a page open.
function presence(person, joins, leaves, reset) {
  const here = reset ? new Set() : online.get(person) ?? new Set()
  online.set(person, here)
  const refs = (state) => (state[person]?.metas ?? []).map((m) => m.phx_ref)
  refs(leaves).forEach((r) => here.delete(r))
  refs(joins).forEach((r) => here.add(r))
  for (const e of all(`[data-person="${person}"]`)) e.hidden = here.size === 0
}

// refresh reads the page again and replaces its changing parts.
let waiting
function refresh() {
  clearTimeout(waiting)
  waiting = setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null)
    if (!answer?.ok) return // the next change tries again
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const focus = document.activeElement?.getAttribute('href')
    for (const part of all('[data-refresh]')) {
      const fresh = page.getElementById(part.id)
      if (!fresh) continue
      part.replaceChildren(...fresh.childNodes)
      for (const e of all('[data-person]', part)) e.hidden = !online.get(e.dataset.person)?.size
      if (focus && !part.contains(document.activeElement)) all('a', part).find((a) => a.getAttribute('href') === focus)?.focus()
    }
  }, 50)
}

if (me) connect()
