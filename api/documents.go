package api

import (
	"net/http"
	"sync"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/openapi"
	"github.com/seed-7694ebf6/plinth/api/typescript"
	"github.com/seed-7694ebf6/plinth/auth"
)

// serveOpenAPI answers GET of / and of /-/openapi.json: the document of what the
// caller may be able to do.
func serveOpenAPI(x *exchange) error {
	if x.s.config.HideDocuments {
		return errRoot
	}
	contentType, err := pgrst.NegotiateOpenAPI(x.r.Header)
	if err != nil {
		return err
	}
	p := x.reader()
	d := x.s.described(x.s.catalogFor(p), opensFor(p))
	if d.Server == "" { // only the client knows where it is
		d.Server = "."
		if x.path.Shape == pgrst.ShapeReserved {
			d.Server = ".."
		}
	}
	return serveDocument(x, contentType, d.Key(), func() ([]byte, error) { return openapi.Document(d) })
}

// serveTypes answers GET of /-/types.ts: the same as types of TypeScript.
func serveTypes(x *exchange) error {
	if x.s.config.HideDocuments {
		return errRoot
	}
	c := x.s.catalogFor(x.reader())
	return serveDocument(x, "text/plain; charset=utf-8", c.Key(), func() ([]byte, error) { return typescript.Types(c) })
}

// reader returns the principal that documents describe. Where requests are explained, as in
// development, unauthenticated callers see what any caller could do.
func (rq *request) reader() *auth.Principal {
	if rq.s.config.Explain && rq.caller.principal.Kind == auth.Anonymous {
		return &auth.Principal{Kind: auth.Service}
	}
	return &rq.caller.principal
}

// opensFor returns the gates that are open for a caller. A service sees all.
func opensFor(p *auth.Principal) func(Gate) bool {
	if p.Kind == auth.Service {
		return func(g Gate) bool { return g.n != nil }
	}
	return func(g Gate) bool { return g.Admits(p) }
}

// serveDocument answers with a text about what the caller may be able to do. The key is
// equal for equal texts.
func serveDocument(x *exchange, contentType, key string, write func() ([]byte, error)) error {
	t, err := x.s.documents.get(contentType, key, write)
	if err != nil {
		return err
	}
	x.headers(keepAndAsk)
	return x.sendText(contentType, t)
}

// sendText sends a text, unless the client has it. All answers share its memory, so that it
// counts for none of them.
func (a *response) sendText(contentType string, t text) error {
	a.set("Etag", t.tag)
	if unchanged(a.req.Header, t.tag) {
		return a.sendNothing(http.StatusNotModified)
	}
	a.send(http.StatusOK, contentType, "", t.body, "")
	return nil
}

// documents keeps the texts that were written: callers with equal rights share
// them.
type documents struct {
	mu   sync.Mutex
	kept map[string]text // by what they say
}

// text is a document with its entity tag.
type text struct {
	body []byte
	tag  string
}

// maxDocuments is how many texts are kept. Beyond that all are forgotten: how many
// there are depends on the gates of the policies and not on the callers.
const maxDocuments = 64

// get returns the text of a key, which write makes once.
func (d *documents) get(contentType, key string, write func() ([]byte, error)) (text, error) {
	key = contentType + "\n" + key
	d.mu.Lock()
	defer d.mu.Unlock() // also while writing: many at once would write the same
	if t, ok := d.kept[key]; ok {
		return t, nil
	}
	body, err := write()
	if err != nil {
		return text{}, err
	}
	if d.kept == nil || len(d.kept) >= maxDocuments {
		d.kept = map[string]text{}
	}
	t := text{body, textTag(contentType, body)}
	d.kept[key] = t
	return t, nil
}
