// Calls that must not compile: each line behind @ts-expect-error is a mistake that
// the types of the fixture, as the editor sees them, have to find.
import { createClient } from '@supabase/supabase-js'

import type { Database } from './database.js'

const db = createClient<Database>('https://everything.example', 'key')

export async function reads() {
  // @ts-expect-error there is no such table
  await db.from('nothing').select()
  // @ts-expect-error a hidden column is unknown
  await db.from('everything').select().eq('hidden', 'x')
  // @ts-expect-error a secret column is unknown
  ;(await db.from('everything').select('text,secret').single()).data!.text
  // @ts-expect-error a column that was not selected is not there
  ;(await db.from('everything').select('text').single()).data!.flag
  // @ts-expect-error text is compared with text
  await db.from('everything').select().eq('text', 1)
  // @ts-expect-error there is no such relation
  ;(await db.from('everything').select('text,groups(code)').single()).data!.groups[0].code
  // @ts-expect-error a relation to one is no list
  ;(await db.from('everything').select('text,country(name)').single()).data!.country[0].name
  // @ts-expect-error a relation to many is no object
  ;(await db.from('countries').select('name,everything(text)').single()).data!.everything.text
}

export async function writes() {
  // @ts-expect-error country_id is missing
  await db.from('everything').insert({ text: 'two' })
  // @ts-expect-error text is missing
  await db.from('everything').insert({ country_id: 1 })
  // @ts-expect-error owner_id is preset
  await db.from('everything').insert({ country_id: 1, text: 'two', ratio: 1, owner_id: 'x' })
  // @ts-expect-error rank is read-only
  await db.from('everything').insert({ country_id: 1, text: 'two', ratio: 1, rank: 1 })
  // @ts-expect-error hidden is unknown
  await db.from('everything').insert({ country_id: 1, text: 'two', ratio: 1, hidden: 'x' })
  // @ts-expect-error text cannot be null
  await db.from('everything').insert({ country_id: 1, text: null , ratio: 1})
  // @ts-expect-error words is a list of text
  await db.from('everything').insert({ country_id: 1, text: 'two', ratio: 1, words: [1] })
  // @ts-expect-error code is given on insert only
  await db.from('everything').update({ code: 'x' })
  // @ts-expect-error id cannot be changed
  await db.from('everything').update({ id: 'x' })
  // @ts-expect-error version is the library's
  await db.from('everything').update({ version: 2 })
  // @ts-expect-error the database makes the id
  await db.from('countries').insert({ id: 1, name: 'Norway' })
  // @ts-expect-error a view takes no rows
  await db.from('totals').insert({ name: 'x' })
  // @ts-expect-error a junction has nothing to change
  await db.from('memberships').update({ country_id: 2 })
}

export async function functions() {
  // @ts-expect-error there is no such function
  await db.rpc('nothing')
  // @ts-expect-error tags is missing
  await db.rpc('report', { name: 'x' })
  // @ts-expect-error kind is a or b
  await db.rpc('report', { name: 'x', tags: [], kind: 'c' })
  // @ts-expect-error the result has no such member
  ;(await db.rpc('report', { name: 'x', tags: [] })).data!.other
  // @ts-expect-error a function without a result has no data to use
  ;(await db.rpc('reset')).data!.total
}
