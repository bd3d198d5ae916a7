package document_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// request is one request made of an operation.
type request struct {
	caller, method, target string
	header                 http.Header
	body                   any    // encoded as JSON, unless there is raw
	raw                    string //
	op                     *operation

	sent   *schema // of the body
	row    *schema // of a row of the answer by select, nil for that of the document
	fault  string  // how it goes against the document, "" where it does not
	params []string
	path   string
}

// finish puts the target together.
func (r *request) finish() *request {
	r.target = "/rest/v1" + r.path
	if len(r.params) > 0 {
		r.target += "?" + strings.Join(r.params, "&")
	}
	return r
}

func (r *request) param(name, value string) {
	r.params = append(r.params, url.QueryEscape(name)+"="+url.QueryEscape(value))
}

// text returns the body as it is sent.
func (r *request) text() string {
	if r.raw != "" || r.body == nil {
		return r.raw
	}
	text, err := json.Marshal(r.body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// request makes a request as the document allows it.
func (g *generator) request(op *operation) *request {
	r := &request{caller: g.caller, method: op.method, op: op, path: op.path, header: http.Header{}}
	if links := g.known.links[g.caller+" "+op.OperationID]; len(links) > 0 && g.once(6) {
		return g.follow(r, pick(g, links))
	}
	g.body(r)
	g.filters(r)
	for _, p := range op.Parameters {
		g.parameter(r, p)
	}
	g.accept(r)
	return r.finish()
}

// follow asks for the page that an answer has linked to.
func (g *generator) follow(r *request, link string) *request {
	r.target = link
	r.row = &schema{} // as the link selects
	return r
}

// parameter adds a parameter, or leaves it out where the document allows it.
func (g *generator) parameter(r *request, p *parameter) {
	switch {
	case p.In == "path":
		r.path = strings.Replace(r.path, "{"+p.Name+"}", url.PathEscape(g.id(r, p)), 1)
	case strings.HasPrefix(p.key, "filter."):
		if isPut(r.op) {
			return // filters
		}
		if g.once(25) {
			r.param(p.Name, g.comparison(p))
		}
	case p.key == "":
		if p.Required || g.once(2) {
			r.param(p.Name, g.argument(p))
		}
	case p.In == "header":
		if g.once(3) && (p.key != "If-None-Match.put" || g.once(4)) { // it fails for rows that exist
			g.setHeader(r, p)
		}
	case g.once(4):
		g.query(r, p)
	}
}

// id returns a key for a path: mostly one that exists.
func (g *generator) id(r *request, p *parameter) string {
	table := r.op.Tags[0]
	if !g.once(5) {
		if v, ok := g.known.one(g, table+"."+g.doc.keyOf(table)[0]); ok {
			return fmt.Sprint(v)
		}
	}
	for {
		if text := fmt.Sprint(g.value(p.Schema)); text != "" && text != "." && text != ".." {
			return text
		}
	}
}

// argument returns an argument of a function as text, or as JSON where the document
// says so.
func (g *generator) argument(p *parameter) string {
	if p.Schema != nil {
		return fmt.Sprint(g.value(p.Schema))
	}
	text, err := json.Marshal(g.value(p.Content["application/json"].Schema))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// preferences are the words of a description of Prefer, with their names.
var preferences = regexp.MustCompile("`([a-z-]+=)?([a-z0-9-]+)`")

func (g *generator) setHeader(r *request, p *parameter) {
	var value string
	switch p.key {
	case "Accept-Profile", "Content-Profile", "If-None-Match.put":
		value = fmt.Sprint(p.Schema.Enum[0])
	case "Range":
		from := g.IntN(10)
		value = fmt.Sprintf("%d-%d", from, from+g.IntN(5))
	case "If-Match", "If-None-Match":
		tag := pick(g, []string{`"77.nothing"`, "*"})
		if p.key == "If-None-Match" {
			tag = `"77.nothing"`
		}
		if known := g.known.tags[r.caller+" "+"/rest/v1"+r.path]; known != "" && !g.once(4) {
			tag = known
		}
		value = tag
	case "Idempotency-Key":
		value = fmt.Sprintf(`"key-%d"`, g.Uint64())
	default:
		if !strings.HasPrefix(p.key, "Prefer.") {
			panic("no values of the header " + p.key)
		}
		value = g.preference(p)
	}
	r.header.Set(p.Name, value)
}

func (g *generator) preference(p *parameter) string {
	var all, chosen []string
	name := ""
	for _, m := range preferences.FindAllStringSubmatch(p.Description, -1) {
		if m[1] != "" {
			name = m[1]
		}
		all = append(all, name+m[2])
	}
	for _, one := range all {
		if g.once(2) {
			chosen = append(chosen, one)
		}
	}
	g.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return strings.Join(append(chosen, pick(g, all)), pick(g, []string{",", ", "}))
}

// query adds one of the parameters that every table has.
func (g *generator) query(r *request, p *parameter) {
	switch p.key {
	case "select":
		g.selects(r)
	case "order":
		if r.row == nil || !r.row.grouped() {
			r.param("order", g.order(r))
		}
	case "limit", "offset":
		n := g.IntN(12)
		if g.once(8) {
			r.param(p.Name, fmt.Sprint(g.value(p.Schema)))
			return
		}
		r.param(p.Name, fmt.Sprint(n))
	case "and", "or", "not.and", "not.or":
		r.param(p.Name, g.group(r, 0))
	case "columns":
		if members := membersOf(r.body); len(members) > 0 {
			r.param("columns", strings.Join(members, ","))
		}
	case "on_conflict":
		if strings.Contains(r.header.Get("Prefer"), "resolution=") {
			r.param("on_conflict", strings.Join(g.doc.keyOf(r.op.Tags[0]), ","))
		}
	case "after": // only links have cursors
	default:
		panic("no values of the parameter " + p.key)
	}
}

// membersOf returns the members of a body, quoted as some clients do.
func membersOf(body any) []string {
	if list, ok := body.([]any); ok && len(list) > 0 {
		body = list[0]
	}
	object, _ := body.(map[string]any)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		all = append(all, `"`+name+`"`)
	}
	return all
}

// accept asks for one of the forms an operation succeeds with.
func (g *generator) accept(r *request) {
	var forms []string
	for status, res := range r.op.Responses {
		if status < "3" {
			forms = append(forms, slices.Collect(maps.Keys(res.Content))...)
		}
	}
	slices.Sort(forms)
	if len(forms) > 0 && !g.once(3) {
		r.header.Set("Accept", pick(g, forms))
	}
}

// steps returns the steps of a batch: requests of other operations. Functions that
// do not run in a transaction cannot be one; those that can be called by GET do.
func (g *generator) steps() []any {
	all := []any{}
	for range 1 + g.IntN(3) {
		op := pick(g, g.doc.operations())
		for op.OperationID == "batch" || op.Tags[0] == "rpc" && op.method == http.MethodPost {
			op = pick(g, g.doc.operations())
		}
		r := g.request(op)
		step, headers := map[string]any{"method": r.method, "path": strings.TrimPrefix(r.target, "/rest/v1")}, map[string]any{}
		for name := range r.header {
			if name != "Content-Type" && name != "Idempotency-Key" {
				headers[name] = r.header.Get(name)
			}
		}
		if len(headers) > 0 {
			step["headers"] = headers
		}
		if r.body != nil {
			step["body"] = r.body
		}
		all = append(all, step)
	}
	return all
}

func isPut(op *operation) bool { return strings.HasSuffix(op.OperationID, ".put") }

// body adds the body of an operation.
func (g *generator) body(r *request) {
	if r.op.RequestBody == nil {
		return
	}
	r.header.Set("Content-Type", "application/json")
	of := r.op.RequestBody.Content["application/json"].Schema
	table := r.op.Tags[0]
	if r.method == http.MethodPut {
		of = g.doc.Components.Schemas[table+".Insert"]
	}
	if r.op.OperationID == "batch" {
		r.body = g.steps()
		return
	}
	s := g.doc.schema(of)
	if len(s.AnyOf) > 0 {
		s = g.doc.schema(pick(g, s.AnyOf))
	}
	r.body, r.sent = g.value(s), s
	if s.Items != nil {
		r.sent = g.doc.schema(s.Items)
	}
	list, many := r.body.([]any)
	if !many || len(list) == 0 {
		return
	}
	// The rows of a list have the same members.
	first, _ := list[0].(map[string]any)
	for i := range list {
		row := map[string]any{}
		for name := range maps.Keys(first) {
			row[name] = nil
		}
		for _, name := range slices.Sorted(maps.Keys(row)) {
			row[name] = g.value(g.doc.schema(s.Items).Properties[name])
		}
		list[i] = row
	}
}
