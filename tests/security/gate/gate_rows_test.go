package gate_test

import (
	"net/http"
	"slices"

	"github.com/seed-7694ebf6/plinth/auth"
)

// gateRow is one request of the policy matrix and the one right answer to it.
type gateRow struct {
	name   string
	covers []string // entries of the dispatch table, besides those of its route and part
	as     auth.Principal

	method, target string
	body           string
	media          string // of the body, where it is not JSON
	prefer         string
	postgres       bool   // SQLite refuses it
	cursorOf       string // a request of the same caller whose Link says where to continue

	status int
	want   string // the body; of HEAD what GET would send; of an error its code
	within string // Content-Range

	shows, hides []string // of a body that is compared by what stands in it
}

// way is one way into the API by which rows come back, for a request on one row
// that the caller may read and write.
type way struct {
	name, method, shape string
	body, prefer        string
	list                bool // the answer is an array
}

const (
	ofTable = "/{table}"
	ofRow   = "/{table}/{id}"
	onCall  = "/rpc/{function}"
)

// ways is every route that answers with rows of a table.
var ways = []way{
	{"list", http.MethodGet, ofTable, "", "", true},
	{"head", http.MethodHead, ofTable, "", "", true},
	{"upsert", http.MethodPost, ofTable, `{"id":"` + ariShared + `","slug":"ari-shared","title":"new","status":"shared"}`, "return=representation,resolution=merge-duplicates", true},
	{"put", http.MethodPut, ofTable, `{"id":"` + ariShared + `","slug":"ari-shared","title":"new","status":"shared"}`, "return=representation", true},
	{"patch", http.MethodPatch, ofTable, `{"title":"new"}`, "return=representation", true},
	{"delete", http.MethodDelete, ofTable, "", "return=representation", true},
	{"row", http.MethodGet, ofRow, "", "", false},
	{"head row", http.MethodHead, ofRow, "", "", false},
	{"put row", http.MethodPut, ofRow, `{"slug":"ari-shared","title":"new","status":"shared"}`, "return=representation", false},
	{"patch row", http.MethodPatch, ofRow, `{"title":"new"}`, "return=representation", false},
	{"delete row", http.MethodDelete, ofRow, "", "return=representation", false},
	{"get call", http.MethodGet, onCall, "", "", true},
	{"head call", http.MethodHead, onCall, "", "", true},
	{"call", http.MethodPost, onCall, `{"slugs":["ana-draft","ari-shared"]}`, "", true},
}

// request returns the request that asks for parameters of ari's shared note.
func (w way) request(parameters string) gateRow {
	target := "/notes/" + ariShared + "?" + parameters
	if w.list {
		target = "/notes?id=eq." + ariShared + "&" + parameters
	}
	switch {
	case w.shape == onCall && w.method == http.MethodPost:
		target = "/rpc/notes_by?" + parameters
	case w.shape == onCall:
		target = "/rpc/notes_by?slugs={ana-draft,ari-shared}&" + parameters
	case w.method == http.MethodPost:
		target = "/notes?" + parameters
	}
	return gateRow{as: asAri, method: w.method, target: target, body: w.body, prefer: w.prefer, status: http.StatusOK}
}

// entry is the entry of the dispatch table for a part.
func (w way) entry(part string) string {
	if w.shape == onCall && part == "root" {
		part = "rpc result"
	}
	return w.method + " " + w.shape + " " + part
}

// probe asks for something in an answer that has a part the caller must not see.
type probe struct {
	name, part string
	parameters string
	want       string // the row, or the code of an error
	status     int    // of an error
	postgres   bool   // SQLite refuses it
}

// probes work on every way: ari may write the note, but not know who leads its
// project, which private tags ana put on it, or how ana's row sorts.
var probes = []probe{
	{
		"embed", "embed", "select=slug,project(name,lead(name))",
		`{"slug":"ari-shared","project":{"name":"our project","lead":null}}`, 0, false,
	},
	{"embed a hidden column", "embed", "select=slug,owner(name,email)", "42703", http.StatusBadRequest, false},
	{
		"spread", "embed", "select=slug,...project(project:name,...lead(lead:name))",
		`{"slug":"ari-shared","project":"our project","lead":null}`, 0, false,
	},
	{"spread a hidden column", "embed", "select=slug,...owner(name,email)", "42703", http.StatusBadRequest, false},
	{"aggregate of an embed", "embed", "select=slug,project(notes(count(),slug.min()))", `{"slug":"ari-shared","project":{"notes":[{"count":2,"min":"ana-shared"}]}}`, 0, false},
	{"aggregate of a hidden column", "embed", "select=slug,owner(email.max())", "42703", http.StatusBadRequest, false},
	{"junction", "junction", "select=slug,tags(name)", `{"slug":"ari-shared","tags":[{"name":"red"},{"name":"blue"}]}`, 0, false},
	{
		"order", "order", "select=project(notes(slug))&project.notes.order=owner(name)",
		`{"project":{"notes":[{"slug":"ari-shared"},{"slug":"ana-shared"}]}}`, 0, false,
	},
	{"order by a hidden column", "order", "select=project(notes(slug))&project.notes.order=owner(email)", "42703", http.StatusBadRequest, false},
	{"hidden column", "root", "select=slug,secret_note", "42703", http.StatusBadRequest, false},
	{"column of admins", "root", "select=slug,margin", "42703", http.StatusBadRequest, false},
	{"secret column", "embed", "select=slug,owner(name,password_hash)", "42703", http.StatusBadRequest, false},
}

// generated returns every probe on every way.
func generated() []gateRow {
	var rows []gateRow
	for _, w := range ways {
		for _, p := range slices.Concat(probes, searchProbes()) {
			row := w.request(p.parameters)
			row.name, row.want, row.postgres = w.name+" "+p.name, p.want, p.postgres
			row.covers = []string{w.entry(p.part)}
			if p.status != 0 {
				row.status = p.status
			} else if w.list {
				row.want = "[" + p.want + "]"
			}
			rows = append(rows, row)
		}
	}
	return rows
}
