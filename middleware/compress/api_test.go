package compress_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/middleware/compress"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
)

// essay has a text that is worth coding.
type essay struct {
	bun.BaseModel `bun:"table:essays"`
	store.Model
	Title string `bun:",notnull"`
	Text  string `bun:",notnull"`
}

// essays serves a resource that anybody reads and writes, and one of its rows.
func essays(t *testing.T) (c client, row string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	a, err := api.New(db, api.Config{BasePath: "/rest/v1"})
	if err != nil {
		t.Fatal(err)
	}
	a.Add(api.Resource[essay]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone(), Update: api.Anyone()}})
	h, err := a.Handler()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		e := essay{Title: fmt.Sprint("Number ", i), Text: long}
		if err := store.For[essay](db).Insert(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		row = "/rest/v1/essays/" + e.ID.String()
	}
	return serve(t, compress.Options{}, h), row
}

// supabase are the headers of a request of supabase-js in a browser.
var supabase = []string{
	"Accept: */*", "Accept-Language: en", "Accept-Profile: public", "X-Client-Info: supabase-js/2.109.0; runtime=web", "Sec-Fetch-Site: cross-site",
}

func with(headers ...string) []string {
	return append(supabase[:len(supabase):len(supabase)], headers...)
}

// TestConditionalRequests goes around with the tags of a row: the client keeps what it was
// given, asks whether that has changed, and changes it.
func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	c, row := essays(t)
	plain := c.get(row, with()...)
	tag := plain.header.Get("Etag")
	if plain.status != 200 || !strings.HasPrefix(tag, `"1.`) || plain.header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %v", plain.status, plain.header)
	}
	seen := map[string]bool{tag: true}
	tags := map[string]string{}
	for coding, take := range map[string]string{"gzip": tellsGzip, "zstd": tellsAll} {
		a := c.get(row, with(take)...)
		tags[coding] = a.header.Get("Etag")
		if a.status != 200 || !a.has("Content-Encoding", coding) || a.body != plain.body || a.length > len(a.body)/5 || seen[tags[coding]] || a.varies() == 0 {
			t.Errorf("%s: %d %v", coding, a.status, a.header)
		}
		seen[tags[coding]] = true
	}
	for _, take := range []string{"Accept: */*", tellsGzip, tellsAll} {
		for tag := range seen {
			if same := c.get(row, with(take, "If-None-Match: "+tag)...); same.status != 304 || !same.has("ETag", tag) || same.length != 0 || same.varies() == 0 {
				t.Errorf("%s, If-None-Match %s: %d %v", take, tag, same.status, same.header)
			}
			if head := c.do(http.MethodHead, row, "", with(take, "If-None-Match: "+tag)...); head.status != 304 || !head.has("ETag", tag) {
				t.Errorf("HEAD, %s, If-None-Match %s: %d %v", take, tag, head.status, head.header)
			}
		}
	}

	// Of a tag each change is made once, and what is read then is new.
	change := with(tellsAll, "Content-Type: application/json", "Content-Profile: public", "Prefer: return=representation")
	current := tags["zstd"]
	for i, stale := range []string{tag, tags["gzip"], tags["zstd"]} {
		body := fmt.Sprintf(`{"title":"Changed %d"}`, i)
		changed := c.do(http.MethodPatch, row, body, append(change, "If-Match: "+current)...)
		if changed.status != 200 || !changed.has("Content-Encoding", "zstd") || !strings.Contains(changed.body, fmt.Sprint("Changed ", i)) {
			t.Fatalf("If-Match %s: %d %v", current, changed.status, changed.header)
		}
		if refused := c.do(http.MethodPatch, row, body, append(change, "If-Match: "+stale)...); refused.status != 412 {
			t.Errorf("If-Match %s, which is old: %d", stale, refused.status)
		}
		current = changed.header.Get("Etag")
		if again := c.get(row, with(tellsGzip, "If-None-Match: "+stale)...); again.status != 200 || !strings.Contains(again.body, fmt.Sprint("Changed ", i)) {
			t.Errorf("If-None-Match %s, which is old: %d", stale, again.status)
		}
		if same := c.get(row, with(tellsGzip, "If-None-Match: "+current)...); same.status != 304 || !same.has("ETag", current) {
			t.Errorf("If-None-Match %s of a change: %d %v", current, same.status, same.header)
		}
	}
}

// TestLists: lists of rows are coded, whole ones and parts, and their weak tags come back.
func TestLists(t *testing.T) {
	t.Parallel()
	c, _ := essays(t)
	for query, status := range map[string]int{"?select=title,text": 200, "?select=title,text&limit=10": 206} {
		plain := c.get("/rest/v1/essays"+query, with("Prefer: count=exact")...)
		coded := c.get("/rest/v1/essays"+query, with("Prefer: count=exact", tellsAll)...)
		if plain.status != status || coded.status != status || !coded.has("Content-Encoding", "zstd") || coded.body != plain.body ||
			coded.header.Get("Content-Range") == "" || coded.header.Get("Content-Range") != plain.header.Get("Content-Range") {
			t.Errorf("%s: %d %v and %d %v", query, plain.status, plain.header, coded.status, coded.header)
		}
	}
	first := c.get("/rest/v1/essays?select=title,text", with(tellsAll)...)
	tag := first.header.Get("Etag")
	if !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("%v", first.header)
	}
	if same := c.get("/rest/v1/essays?select=title,text", with(tellsAll, "If-None-Match: "+tag)...); same.status != 304 || !same.has("ETag", tag) {
		t.Errorf("If-None-Match %s: %d %v", tag, same.status, same.header)
	}
}

// TestCodedRequest: a coded body is refused as before.
func TestCodedRequest(t *testing.T) {
	t.Parallel()
	c, _ := essays(t)
	if a := c.do(http.MethodPost, "/rest/v1/essays", `{}`, with("Content-Type: application/json", "Content-Encoding: gzip", tellsAll)...); a.status != 415 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
