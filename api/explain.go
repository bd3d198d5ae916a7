package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/internal/variables"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/query"
)

// explained is the answer that explains a read. It has the caller, the rules, the
// statement and the plan of the database. Plan has the name that it has in the plans of
// PostgreSQL.
type explained struct {
	Plan      json.RawMessage
	Caller    explainedCaller
	Tables    []explainedTable
	Statement string
	Arguments []string // the types of the values
}

// explainedCaller describes the caller without credentials.
type explainedCaller struct {
	Kind  string   `json:"kind"`
	ID    string   `json:"id,omitempty"`
	Roles []string `json:"roles,omitempty"`
}

// explainedTable is a table the statement reads, and what limits its rows.
type explainedTable struct {
	Name string `json:"name"`

	// Rule is the text of the read rule. Gates are the gates that it evaluates for the
	// caller, and Rows is the remaining condition on rows.
	Rule  string          `json:"rule"`
	Gates []explainedGate `json:"gates,omitempty"`
	Rows  string          `json:"rows"`

	// Always are the conditions that belong to the table.
	Always []string `json:"always,omitempty"`
}

// explainedGate is a gate and whether the caller may pass.
type explainedGate struct {
	Gate string `json:"gate"`
	Open bool   `json:"open"`
}

// explainRead answers a read with how it would be answered. It is compiled as the
// read is, by the same gate.
func explainRead(x *exchange, q *query.Query, opts query.ReadOptions, plan *pgrst.Plan) error {
	form := access.PlanText
	if plan.JSON {
		form = access.PlanJSON
	}
	e, err := x.gate().Explain(x.r.Context(), q, opts, form)
	if err != nil {
		return err
	}
	p := &x.caller.principal
	answer := explained{
		Plan: e.Plan, Statement: e.SQL, Arguments: e.Args,
		Caller: explainedCaller{Kind: p.Kind.String(), ID: p.ID, Roles: p.Roles},
	}
	for _, t := range e.Tables {
		answer.Tables = append(answer.Tables, explainTable(&x.request, t.Table, t.Guarded))
	}
	body := answer.text()
	if plan.JSON {
		if body, err = answer.document(); err != nil {
			return err
		}
	}
	x.headers(keepNot)
	x.send(http.StatusOK, plan.ContentType(), "", body, "")
	return nil
}

// explainTable says what limits the rows of a table.
func explainTable(rq *request, t *store.Table, guarded bool) explainedTable {
	e := explainedTable{Name: t.Name, Rule: "none, a rule of another table reads it", Rows: everyRow}
	if t.DeletedAt != nil {
		e.Always = append(e.Always, t.DeletedAt.Name+" is null")
	}
	if t.Tenant != nil {
		e.Always = append(e.Always, t.Tenant.Name+" = "+variables.Tenant)
	}
	if !guarded {
		return e
	}
	r := rq.s.resources.byTable[t]
	if rq.caller.guard(t) == r.guards.service {
		e.Rule, e.Rows = "service", noRow
		if r.policy.ServiceBypass {
			e.Rows = everyRow
		}
		return e
	}
	e.Rule = ruleText(r.policy.Read, t)
	open := func(g Gate) bool { return g.Admits(&rq.caller.principal) }
	if r.policy.Read != nil {
		r.policy.Read.walk(ruleVisitor{cond: func(store.Cond) {}, gate: func(g Gate) {
			e.Gates = append(e.Gates, explainedGate{g.String(), open(g)})
		}})
	}
	cond, every := resolve(r.policy.Read, open)
	switch {
	case every:
		e.Rows = everyRow
	case cond.IsZero():
		e.Rows = noRow
	default:
		e.Rows = cond.Text(t)
	}
	return e
}

const (
	everyRow = "every row"
	noRow    = "no row"
)

// noPlan stands for a plan that cannot be shown.
const noPlan = "not shown: a rule compares a hidden column with a value, which the plan would reveal"

// document returns the answer as PostgreSQL sends a plan: in an array.
func (e *explained) document() ([]byte, error) {
	if e.Plan == nil {
		e.Plan = json.RawMessage(`"` + noPlan + `"`)
	}
	return strictjson.Encode([]*explained{e})
}

// text returns the answer for people.
func (e *explained) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Caller: %s\n", strings.Join(append([]string{strings.TrimSpace(e.Caller.Kind + " " + e.Caller.ID)}, e.Caller.Roles...), ", "))
	for _, t := range e.Tables {
		fmt.Fprintf(&b, "Table %s\n  rule: %s\n", t.Name, t.Rule)
		for _, g := range t.Gates {
			state := "closed"
			if g.Open {
				state = "open"
			}
			fmt.Fprintf(&b, "  gate: %s: %s\n", g.Gate, state)
		}
		fmt.Fprintf(&b, "  rows: %s\n", strings.Join(append([]string{t.Rows}, t.Always...), ", "))
	}
	fmt.Fprintf(&b, "Statement\n  %s\n", e.Statement)
	for i, typ := range e.Arguments {
		fmt.Fprintf(&b, "  %d: %s\n", i+1, typ)
	}
	b.WriteString("Plan\n")
	plan := string(e.Plan)
	if e.Plan == nil {
		plan = noPlan + "\n"
	}
	for line := range strings.Lines(plan) {
		b.WriteString("  " + line)
	}
	return b.Bytes()
}

// deniedHint names the rules that a refused write of a resource is judged by.
func deniedHint(rq *request) string {
	t := rq.resource.table
	if t.Tenant != nil && rq.caller.scope.Tenant == "" {
		return "the caller has no tenant, and each row of " + t.Name + " belongs to one"
	}
	var judged []string
	switch rq.r.Method {
	case http.MethodPost, http.MethodPut:
		judged = []string{"create"}
		prefer, _ := pgrst.ParsePrefer(rq.r.Header) // of a request that was refused for its rules, so that it could be read
		if rq.r.Method == http.MethodPut || prefer.Resolution == pgrst.MergeDuplicates {
			judged = append(judged, "update", "update to")
		}
	case http.MethodPatch:
		judged = []string{"update", "update to", "restore"}
	case http.MethodDelete:
		judged = []string{"delete"}
	}
	var rules []string
	for _, named := range rq.resource.policy.rules() {
		name := named.name
		if slices.Contains(judged, name) && (named.rule != nil || name == judged[0]) && (name != "restore" || t.DeletedAt != nil) {
			rules = append(rules, "the "+name+" rule of "+t.Name+": "+ruleText(named.rule, t))
		}
	}
	for _, column := range slices.Sorted(maps.Keys(rq.resource.policy.Preset)) {
		if v, ok := rq.resource.policy.Preset[column].(store.Var); ok && slices.Contains(judged, "create") {
			rules = append(rules, "the preset of "+column+" needs "+string(v))
		}
	}
	return strings.Join(rules, "; ")
}
