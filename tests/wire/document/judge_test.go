package document_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
	value  any // of a body that is JSON
	took   time.Duration
}

// maxWait is how long an answer may take in the long form.
const maxWait = 2 * time.Second

// client keeps connections and follows nothing.
var client = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 4, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// send sends a request to a server.
func send(t *testing.T, url string, r *request) *answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), r.method, url+r.target, strings.NewReader(r.text()))
	if err != nil {
		t.Fatal(err)
	}
	if r.header != nil {
		req.Header = r.header.Clone()
	}
	req.Header.Set("Caller", r.caller)
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	return &answer{status: res.StatusCode, header: res.Header, body: body, took: time.Since(began)}
}

// String returns a request as it can be sent again.
func (r *request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s as %s: %s %s", r.op.OperationID, r.caller, r.method, r.target)
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		fmt.Fprintf(&b, " [%s: %s]", name, r.header.Get(name))
	}
	return b.String() + " " + r.text()
}

// excuses are the answers of 400 that a request as the document allows it may have:
// the code, what the details must be like, and why.
var excuses = []struct {
	code, why string
	details   *regexp.Regexp
}{
	{"PGRST124", "max-affected is a bound that the client has set", regexp.MustCompile("")},
	{"PL002", "of a value that omitempty allows to be empty the document says no more", regexp.MustCompile(`^((m_text|age|kind): [^;]*(; |$))+$`)},
	{"PL003", "of a key that the database makes, which the body of PUT may have if the row exists", regexp.MustCompile("")},
}

func excused(a *answer) bool {
	object, _ := a.value.(map[string]any)
	code, _ := object["code"].(string)
	details, _ := object["details"].(string)
	for _, e := range excuses {
		if e.code == code && e.details.MatchString(details) {
			return true
		}
	}
	return false
}

// judge compares an answer with the document.
func (d *document) judge(r *request, a *answer) (findings []string) {
	find := func(format string, args ...any) { findings = append(findings, fmt.Sprintf(format, args...)) }
	if a.status >= 500 {
		find("%d", a.status)
	}
	if a.took > programtest.Within(maxWait) {
		find("no answer for %s", a.took)
	}
	if r.fault != "" && a.status/100 != 4 {
		find("%s is answered with %d", r.fault, a.status)
	}
	spec := r.op.Responses[strconv.Itoa(a.status)]
	if spec == nil {
		spec = r.op.Responses["default"]
		if a.status < 400 {
			find("%d is not in the document", a.status)
		}
	}
	if err := d.judgeBody(spec, r, a); err != nil {
		find("%d: %v", a.status, err)
	}
	if r.fault == "" && a.status == http.StatusBadRequest && !excused(a) && r.method != http.MethodHead {
		find("%s: refused with 400: %s", codeOf(a), a.body)
	}
	for name, h := range spec.Headers {
		if h.Required && a.header.Get(name) == "" {
			find("%d without the header %s", a.status, name)
		}
	}
	for name := range d.Components.Headers {
		if a.header.Get(name) != "" && spec.Headers[name] == nil {
			find("%d with the header %s, which is not in the document", a.status, name)
		}
	}
	return findings
}

func codeOf(a *answer) string {
	object, _ := a.value.(map[string]any)
	code, _ := object["code"].(string)
	return code
}

// represented reports whether a write asks for its rows: the first preference of a
// kind counts.
func (r *request) represented() bool {
	for one := range strings.SplitSeq(r.header.Get("Prefer"), ",") {
		if what, ok := strings.CutPrefix(strings.TrimSpace(one), "return="); ok {
			return what == "representation"
		}
	}
	return false
}

// judgeBody compares the form and content of a body, and keeps its value.
func (d *document) judgeBody(spec *response, r *request, a *answer) error {
	form := a.header.Get("Content-Type")
	if r.method == http.MethodHead || form == "" {
		if len(a.body) > 0 {
			return fmt.Errorf("a body without a type, of %d bytes", len(a.body))
		}
		if len(spec.Content) > 0 {
			return fmt.Errorf("no body, where the document has one")
		}
		return nil
	}
	media, params, err := mime.ParseMediaType(form)
	if err != nil {
		return fmt.Errorf("the type of the body, %s: %w", form, err)
	}
	delete(params, "charset")
	forms := spec.Content
	if len(forms) == 0 && r.represented() && a.status < 300 {
		forms = d.rowForms(r.op)
	}
	of, ok := forms[strings.ReplaceAll(mime.FormatMediaType(media, params), " ", "")]
	if !ok {
		return fmt.Errorf("a body of %s, which is not in the document", form)
	}
	if !strings.HasSuffix(media, "json") {
		if !utf8.Valid(a.body) {
			return fmt.Errorf("a body that is no UTF-8")
		}
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	if err := dec.Decode(&a.value); err != nil {
		return fmt.Errorf("a body that is no JSON: %w", err)
	}
	s := of.Schema
	if r.row != nil && a.status < 300 && params["nulls"] == "" {
		s = withRow(s, r.row)
	}
	return d.check(s, a.value, "body")
}

// rowForms are the bodies of a write that declares none, because it has one only with
// Prefer: return=representation: those of a read of the same path.
func (d *document) rowForms(op *operation) content {
	if get := d.Paths[op.path]["get"]; get != nil {
		return get.Responses["200"].Content
	}
	return content{}
}

// withRow puts the schema of the rows that select asks for in the place of that of
// whole rows.
func withRow(s, row *schema) *schema {
	switch {
	case s.Items != nil:
		return &schema{Type: s.Type, Items: row}
	case len(s.AnyOf) > 0:
		return &schema{AnyOf: []*schema{row, {Type: types{"null"}}}}
	}
	return row
}
