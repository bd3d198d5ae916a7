package parity_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// write makes a request that changes rows.
func (d *draft) write() {
	if d.chance(80) {
		d.as = pick(d.g.Rand, []string{"ann", "ann", "ann", "bob", "service"})
	}
	switch n := d.g.IntN(100); {
	case n < 40:
		d.post()
	case n < 60:
		d.patch()
	case n < 74:
		d.delete()
	case n < 84 && len(d.table.PrimaryKey) > 0:
		d.put()
	default:
		d.row()
	}
}

// writable are the columns that may be given for a new row, or be changed.
func (d *draft) writable(t *store.Table, update bool) (list []*store.Column) {
	for _, c := range d.shown(t) {
		if c.Mode == schema.ReadWrite && !(update && c.Key) || c.Mode == schema.CreateOnly && !update {
			if !c.Generated && c.Name != "owner_id" {
				list = append(list, c)
			}
		}
	}
	return list
}

// post makes an insert or upsert of one row or several.
func (d *draft) post() {
	d.method = http.MethodPost
	prefer := d.prefer("missing=default", "missing=null")
	if len(d.table.PrimaryKey) == 1 && !d.table.PrimaryKey[0].Generated && d.chance(40) {
		how := pick(d.g.Rand, []string{"resolution=merge-duplicates", "resolution=ignore-duplicates"})
		prefer = append(prefer, how)
		d.show("prefer " + how)
		if d.chance(30) {
			d.add("on_conflict", d.table.PrimaryKey[0].Name)
			d.show("on_conflict")
		}
	}
	columns := d.given()
	rows := make([]string, 1+max(0, d.g.IntN(8)-4))
	for i := range rows {
		rows[i] = d.object(columns)
	}
	switch {
	case len(rows) > 1:
		d.body = "[" + strings.Join(rows, ",") + "]"
		d.show("insert many")
	default:
		d.body = rows[0]
		d.show("insert one")
	}
	if d.chance(10) {
		names := make([]string, len(columns))
		for i, c := range columns {
			names[i] = c.Name
		}
		d.add("columns", strings.Join(names, ","))
		d.show("columns")
	}
	d.returned(prefer)
}

// given picks the columns of new rows: the key, what must be there, and some of
// the others.
func (d *draft) given() (columns []*store.Column) {
	for _, c := range d.writable(d.table, false) {
		if c.Key || !c.Nullable && c.Default == "" && d.chance(90) || d.chance(35) {
			columns = append(columns, c)
		}
	}
	return columns
}

// object makes a row.
func (d *draft) object(columns []*store.Column) string {
	members := make([]string, len(columns))
	for i, c := range columns {
		members[i] = jsonText(c.Name) + ":" + d.member(c)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// member makes the value of a column of a body.
func (d *draft) member(c *store.Column) string {
	switch {
	case c.Key:
		return d.key(c, d.chance(70))
	case c.Nullable && d.chance(15):
		return "null"
	case c.Name == "shelf_code":
		return jsonText(shelfCode(d.g.IntN(6)))
	case c.Name == "parent_id" || c.Name == "thing_id":
		return strconv.Itoa(d.g.IntN(thingRows + 2))
	case c.Name == "stars" || c.Name == "floor":
		return strconv.Itoa(d.g.IntN(6) + d.g.IntN(40)/39*5)
	case c.Name == "place":
		return jsonText(pick(d.g.Rand, texts) + strconv.Itoa(d.g.IntN(60)))
	case c.Name == "title":
		return jsonText("t" + pick(d.g.Rand, texts))
	}
	v := pick(d.g.Rand, values(c.Kind))
	switch c.Kind {
	case store.KindText, store.KindTimestamp, store.KindDate, store.KindUUID, store.KindBytes:
		if d.chance(1) {
			v = pick(d.g.Rand, spellings(c.Kind))
			d.show("wrong value in a body")
		}
		return jsonText(v)
	case store.KindInt, store.KindDecimal:
		if d.chance(30) {
			return jsonText(v) // as clients send what JavaScript cannot hold
		}
	}
	return v
}

// key makes a key of a new row, or of one that may be there.
func (d *draft) key(c *store.Column, fresh bool) string {
	if fresh {
		d.g.nextID++
	}
	n := d.g.nextID
	switch {
	case c.Table.Name == "thing_labels" && c.Name == "thing_id":
		return strconv.Itoa(d.g.IntN(thingRows))
	case c.Name == "label_code":
		return jsonText(labelCode(d.g.IntN(6)))
	case c.Kind == store.KindUUID && fresh:
		return jsonText(store.ID{2, 0x90, 6: 0x70, 8: 0x80, 14: byte(n >> 8), 15: byte(n)}.String())
	case c.Kind == store.KindUUID:
		return jsonText(memoID(d.g.IntN(memoRows)).String())
	case c.Kind == store.KindText && fresh:
		return jsonText(fmt.Sprintf("%s-%d", pick(d.g.Rand, []string{"n", "Ü", "a/b", "x y", `"`, "%"}), n))
	case c.Table.Name == "labels":
		return jsonText(labelCode(d.g.IntN(6)))
	case c.Kind == store.KindText:
		return jsonText(shelfCode(d.g.IntN(6)))
	case fresh:
		return strconv.Itoa(1000 + n)
	case c.Table.Name == "tickets":
		return strconv.Itoa(1 + d.g.IntN(ticketRows))
	}
	return strconv.Itoa(d.g.IntN(thingRows))
}

// prefer picks preferences of writes.
func (d *draft) prefer(others ...string) (list []string) {
	if d.chance(75) {
		list = append(list, pick(d.g.Rand, []string{"return=minimal", "return=headers-only", "return=representation", "return=representation", "return=representation"}))
	}
	for _, p := range append(others, "count=exact", "handling=lenient") {
		if d.chance(20) {
			list = append(list, p)
		}
	}
	for _, p := range list {
		d.show("prefer " + p)
	}
	return list
}

// returned adds how a write is answered.
func (d *draft) returned(prefer []string) {
	if len(prefer) > 0 {
		d.head("Prefer", strings.Join(prefer, ", "))
	}
	d.budget = 2
	d.selects(40)
	for _, e := range d.embeds {
		if d.chance(20) {
			d.filters(e.table, e.path, 1)
		}
		d.show("embed of a write")
	}
	if d.chance(15) {
		media := pick(d.g.Rand, mediaTypes)
		d.head("Accept", media)
		d.show("accept " + media)
	}
	if d.chance(9) && d.as != "nobody" {
		d.head("Idempotency-Key", fmt.Sprintf("key-%d", d.g.IntN(1e9)))
		d.show("header Idempotency-Key")
	}
}

// patch changes rows by a filter.
func (d *draft) patch() {
	d.method = http.MethodPatch
	d.narrow()
	d.body = d.object(d.changed())
	prefer := d.prefer()
	if d.chance(8) {
		prefer = append(prefer, "handling=strict", "max-affected=5")
		d.show("prefer max-affected")
	}
	d.show("update")
	d.returned(prefer)
}

// changed picks columns that a patch sets.
func (d *draft) changed() (columns []*store.Column) {
	for _, c := range d.writable(d.table, true) {
		if d.g.IntN(len(d.table.Columns)) < 3 {
			columns = append(columns, c)
		}
	}
	return columns
}

// narrow selects some rows for a write: by their keys, and often by more.
func (d *draft) narrow() {
	key := d.table.PrimaryKey[0]
	list := make([]string, 1+d.g.IntN(4))
	for i := range list {
		list[i] = quoted(unquoted(d.key(key, false)))
	}
	d.add(key.Name, "in.("+strings.Join(list, ",")+")")
	d.filters(d.table, "", 1)
}

// delete deletes rows by a filter.
func (d *draft) delete() {
	d.method = http.MethodDelete
	d.narrow()
	d.show("delete")
	d.returned(d.prefer())
}

// put replaces the row of a key.
func (d *draft) put() {
	d.method = http.MethodPut
	columns := d.given()
	members := make([]string, len(columns))
	for i, c := range columns {
		value := d.member(c)
		members[i] = jsonText(c.Name) + ":" + value
		if c.Key {
			d.add(c.Name, "eq."+unquoted(value))
		}
	}
	d.body = "{" + strings.Join(members, ",") + "}"
	d.show("put")
	d.returned(d.prefer())
}

// unquoted is the text of a JSON string or number.
func unquoted(value string) string {
	if strings.HasPrefix(value, `"`) {
		return jsonString(value)
	}
	return value
}
