package apitest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// prober fills the table.
type prober struct {
	t       *testing.T
	matrix  Matrix
	handler http.Handler // nil if there is none, or its rows were changed
}

// verbs are the letters of a cell, in their order.
const verbs = "crud"

// table returns the whole table as text.
func (p *prober) table() string {
	lines := [][]string{{"row"}}
	for _, c := range p.matrix.Callers {
		lines[0] = append(lines[0], c.Name)
	}
	for _, row := range p.matrix.Rows {
		lines = append(lines, append([]string{row.Name}, p.cells(row)...))
	}
	return align(lines)
}

// cells returns what each caller may do with a row.
func (p *prober) cells(row Row) []string {
	cells := make([]string, len(p.matrix.Callers))
	for i := range verbs {
		verb := verbs[i : i+1]
		attempt := row.attempt(verb)
		malformed, allowed := "", false
		for j, caller := range p.matrix.Callers {
			if attempt == nil {
				cells[j] += "-"
				continue
			}
			res := p.send(caller, attempt)
			switch outcome := judge(attempt, res); outcome {
			case permitted:
				cells[j] += strings.ToUpper(verb)
				allowed = true
			case refused, unwritable:
				cells[j] += verb
				if outcome == unwritable {
					malformed = res.Body
				}
			default:
				p.t.Errorf("%s: %s by %s is answered with %d, neither success nor a refusal: %s", row.Name, res.asked, caller.Name, res.Status, res.Body)
				cells[j] += "!"
			}
		}
		if malformed != "" && !allowed {
			p.t.Errorf("%s: %s: no caller may send this body: %s", row.Name, verb, malformed)
		}
	}
	return cells
}

// attempt is one request of a probe.
type attempt struct {
	method, target, body string
}

// attempt returns the request that tries a verb, nil if it is not to be tried.
func (r Row) attempt(verb string) *attempt {
	switch {
	case verb == "c" && r.Create != "":
		return &attempt{http.MethodPost, r.Collection, r.Create}
	case verb == "r" && r.Path != "":
		return &attempt{http.MethodGet, r.Path, ""}
	case verb == "u" && r.Path != "" && r.Update != "":
		return &attempt{http.MethodPatch, r.Path, r.Update}
	case verb == "d" && r.Path != "" && !r.Keep:
		return &attempt{http.MethodDelete, r.Path, ""}
	}
	return nil
}

// filtered reports whether the attempt selects its row by a filter.
func (a *attempt) filtered() bool { return strings.Contains(a.target, "?") }

// send makes the attempt. A write that goes through costs the application.
func (p *prober) send(caller Caller, a *attempt) *Response {
	if p.handler == nil {
		p.handler = p.matrix.Open(p.t)
	}
	client := New(p.t, p.handler).As(caller.Principal).With("Prefer", "count=exact")
	var body any
	if a.body != "" {
		body = a.body
	}
	res := client.Do(a.method, a.target, body)
	switch {
	case a.method == http.MethodGet || res.Status >= 300:
	case p.matrix.Undo != nil:
		p.matrix.Undo(p.t)
	default:
		p.handler = nil
	}
	return res
}

type outcome int

const (
	strange    outcome = iota
	permitted          // it is done
	refused            // by a rule
	unwritable         // a column of the body is closed, or there is none
)

// judge classifies a response as success, as a refusal or as an invalid request.
func judge(a *attempt, res *Response) outcome {
	switch {
	case res.Status >= 200 && res.Status < 300:
		if a.filtered() && a.method != http.MethodPost && strings.HasSuffix(res.Header.Get("Content-Range"), "/0") {
			return refused
		}
		return permitted
	case res.Status == http.StatusUnauthorized, res.Status == http.StatusForbidden, res.Status == http.StatusNotFound:
		return refused
	case res.Status == http.StatusConflict && res.Code() == problem.ForeignKey && a.method != http.MethodDelete:
		return refused // it points to a row that the caller must not know
	case res.Code() == problem.NotWritable, res.Code() == problem.UnknownColumn:
		return unwritable
	}
	return strange
}

// align writes lines in columns.
func align(lines [][]string) string {
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		text := ""
		for i, cell := range line {
			text += fmt.Sprintf("%-*s  ", width[i], cell)
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return b.String()
}
