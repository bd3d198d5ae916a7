/** Lists that have not changed, by fetch: the client of a browser's own cache. */
export async function conditional(t, { demo }, { url, publishable, token }) {
  const title = `conditional ${Date.now()}`
  const list = (tag) => fetch(`${url}/rest/v1/notes?select=title&title=eq.${encodeURIComponent(title)}`, {
    cache: 'no-store', // so that the answer is the server's
    headers: { apikey: publishable, Authorization: `Bearer ${token}`, ...(tag && { 'If-None-Match': tag }) },
  })
  await t.check('fetch', 'If-None-Match is 304 until a row is written', {
    want: [200, [], 304, '', 200, [{ title }], 304],
    got: async () => {
      const first = await list()
      const again = await list(first.headers.get('etag'))
      const empty = [first.status, await first.json(), again.status, await again.text()]
      await demo.from('notes').insert({ title })
      const changed = await list(first.headers.get('etag'))
      const kept = await list(changed.headers.get('etag'))
      return [...empty, changed.status, await changed.json(), kept.status]
    },
  })
}
