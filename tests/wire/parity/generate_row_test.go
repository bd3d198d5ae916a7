package parity_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// row reads or writes one row by its own path.
func (d *draft) row() {
	for len(d.table.PrimaryKey) != 1 {
		d.table = d.g.someTable()
	}
	key := d.table.PrimaryKey[0]
	id := unquoted(d.key(key, false))
	d.method = pick(d.g.Rand, []string{http.MethodGet, http.MethodGet, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPatch, http.MethodPut, http.MethodDelete})
	if d.method == http.MethodPut && d.chance(50) {
		id = unquoted(d.key(key, true))
	}
	d.target = "/" + d.table.Name + "/" + url.PathEscape(id)
	d.show("row " + d.method)
	switch d.method {
	case http.MethodPatch:
		d.body = d.object(d.changed())
	case http.MethodPut:
		columns := d.given()
		if len(columns) > 0 && columns[0].Key {
			columns = columns[1:] // the path says it
		}
		d.body = d.object(columns)
		if d.chance(15) {
			d.head("If-None-Match", "*")
			d.show("header If-None-Match: *")
		}
	}
	if d.method != http.MethodGet && d.chance(25) {
		d.head("If-Match", pick(d.g.Rand, []string{"*", `"1.x"`, `"1.x", "2.y"`, `"7.x"`, `W/"1.x"`}))
		d.show("header If-Match")
	}
	if d.method == http.MethodGet || d.method == http.MethodHead {
		d.selects(60)
		d.forms()
		return
	}
	d.returned(d.prefer())
}

// call calls a function.
func (d *draft) call() {
	d.method = pick(d.g.Rand, []string{http.MethodGet, http.MethodPost})
	switch d.g.IntN(7) {
	case 0, 1, 6:
		d.callRows()
	case 2, 3:
		d.echo()
	case 4:
		d.method = http.MethodPost
		d.target, d.table = "/rpc/all_memos", d.g.db.Table(Memo{})
		d.selects(60)
		d.filters(d.table, "", 1)
		d.show("call all_memos")
	default:
		d.method, d.target = http.MethodPost, pick(d.g.Rand, []string{"/rpc/undone", "/rpc/refloor", "/rpc/ping", "/rpc/first_shelf"})
		switch d.target {
		case "/rpc/undone":
			d.body = fmt.Sprintf(`{"how":%q}`, pick(d.g.Rand, []string{"taken", "missing", "told", "else"}))
			d.show("wrong function undone")
		case "/rpc/refloor":
			d.body = fmt.Sprintf(`{"code":%s,"floor":%s}`, jsonText(shelfCode(d.g.IntN(6))), pick(d.g.Rand, []string{"1", "2", "null"}))
			d.show("call refloor")
		default:
			d.show("call " + d.target[len("/rpc/"):])
		}
	}
	if !strings.HasPrefix(d.target, "/rpc/") {
		panic(d.target)
	}
}

// callRows calls a function that returns rows, and queries them.
func (d *draft) callRows() {
	d.target, d.table = "/rpc/things_by", d.g.db.Table(Thing{})
	nums := []string{pick(d.g.Rand, integers), pick(d.g.Rand, integers), pick(d.g.Rand, integers)}
	if d.method == http.MethodGet {
		d.add("nums", "{"+strings.Join(nums, ",")+"}")
	} else {
		d.body = `{"nums":[` + strings.Join(nums, ",") + `]}`
	}
	d.selects(60)
	d.filters(d.table, "", 1)
	d.order(d.table, "", 40)
	d.page("", 30)
	d.forms()
	d.show("call things_by by " + d.method)
}

// echo calls a function with arguments of every form.
func (d *draft) echo() {
	d.target = "/rpc/echo"
	d.show("call echo by " + d.method)
	args := [][2]string{
		{"text", jsonText(pick(d.g.Rand, texts))},
		{"n", pick(d.g.Rand, integers)},
		{"real", pick(d.g.Rand, floats)},
		{"flag", "true"},
		{"at", jsonText(pick(d.g.Rand, timestamps))},
		{"day", jsonText(pick(d.g.Rand, dates))},
		{"id", jsonText(pick(d.g.Rand, uuids))},
		{"dec", pick(d.g.Rand, decimals)},
		{"list", pick(d.g.Rand, arrays)},
		{"doc", pick(d.g.Rand, documents)},
	}
	d.g.Shuffle(len(args), func(i, j int) { args[i], args[j] = args[j], args[i] })
	args = args[:1+d.g.IntN(len(args))]
	members := make([]string, len(args))
	for i, arg := range args {
		members[i] = strconv.Quote(arg[0]) + ":" + arg[1]
		if d.method != http.MethodGet {
			continue
		}
		if d.add(arg[0], arg[1]); strings.HasPrefix(arg[1], `"`) && arg[0] != "doc" {
			d.params[len(d.params)-1] = arg[0] + "=" + url.QueryEscape(unquoted(arg[1]))
		}
	}
	if d.method == http.MethodPost {
		d.body = "{" + strings.Join(members, ",") + "}"
	}
}
