// Uses a client that openapi-typescript has generated from a running examples/quickstart.
import createClient from 'openapi-fetch'

import type { paths } from './schema.js'

declare const process: { argv: string[] }

function same(what: string, got: unknown, want: unknown) {
  if (JSON.stringify(got) !== JSON.stringify(want)) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`)
}

const baseUrl = process.argv[2]!
const email = 'ann@example.org'
const anonymous = createClient<paths, 'application/json'>({ baseUrl })
const up = await anonymous.POST('/auth/v1/signup', { body: { email, password: 'a good password' } })
same('sign up', up.response.status, 200)
const query = { grant_type: 'password' as const }
const wrong = await anonymous.POST('/auth/v1/token', { params: { query }, body: { email, password: 'another password' } })
same('wrong password', [wrong.response.status, wrong.error?.error_code], [400, 'invalid_credentials'])
const login = await anonymous.POST('/auth/v1/token', { params: { query }, body: { email, password: 'a good password' } })
same('log in', [login.response.status, login.data?.user?.email], [200, email])

const client = createClient<paths, 'application/json'>({ baseUrl, headers: { Authorization: `Bearer ${login.data?.access_token}` } })
const inserted = await client.POST('/rest/v1/notes', { body: { title: 'one' } })
same('insert', [inserted.response.status, inserted.data], [201, undefined])
const more = await client.POST('/rest/v1/notes', { body: [{ title: 'two' }, { title: 'three' }], params: { header: { 'Content-Profile': 'public' } } })
same('insert two', more.response.status, 201)
const list = await client.GET('/rest/v1/notes', { params: { query: { order: 'title.asc', title: 'neq.none' } } })
const titles: (string | undefined)[] | undefined = list.data?.map((note) => note.title)
same('list', titles, ['one', 'three', 'two'])
const selected = await client.GET('/rest/v1/notes', { params: { query: { select: 'title', limit: 1, order: 'title' } } })
same('select', selected.data, [{ title: 'one' }])

const id = list.data?.[0]?.id ?? ''
const one = await client.GET('/rest/v1/notes/{id}', { params: { path: { id } } })
const tag = one.response.headers.get('etag') ?? ''
const again = await client.GET('/rest/v1/notes/{id}', { params: { path: { id }, header: { 'If-None-Match': tag } } })
same('read twice', [one.data?.title, again.response.status, again.data], ['one', 304, undefined])
const changed = await client.PATCH('/rest/v1/notes/{id}', { params: { path: { id }, header: { Prefer: 'return=representation' } }, body: { title: 'uno' } })
same('update', changed.data?.title, 'uno')
const stale = await client.PATCH('/rest/v1/notes/{id}', { params: { path: { id }, header: { 'If-Match': tag } }, body: { title: 'ein' } })
same('stale', [stale.response.status, stale.error?.code], [412, 'PL412'])
const put = await client.PUT('/rest/v1/notes/{id}', { params: { path: { id: crypto.randomUUID() }, header: { 'If-None-Match': '*' } }, body: { title: 'put' } })
same('put', [put.response.status, put.data], [201, undefined])
const count = await client.HEAD('/rest/v1/notes', { params: { header: { Prefer: 'count=exact' } } })
same('count', [count.response.status, count.response.headers.get('content-range')], [200, '0-3/4'])
const invalid = await client.POST('/rest/v1/notes', { body: { title: '' } })
same('invalid', [invalid.response.status, invalid.error?.code], [400, 'PL002'])
