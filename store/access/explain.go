package access

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/internal/core"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Explanation is the result of [Gate.Explain].
type Explanation struct {
	// SQL is the statement, and Args are the types of the values bound to its
	// placeholders, in their order and as the engine names them.
	SQL  string
	Args []string

	// Tables are those the statement reads, in the order in which it does.
	Tables []ExplainedTable

	// Plan is the engine's plan. It is nil if the plan would reveal a value that a rule
	// compares with a hidden column.
	Plan []byte
}

// ExplainedTable is a table a statement reads. Guarded reports that the scope reads it
// under its guard. Otherwise only a rule of another table reads it, without a guard.
type ExplainedTable struct {
	Table   *schema.Table
	Guarded bool
}

// PlanForm is the form of a plan.
type PlanForm uint8

// The forms of a plan: lines of text for people, and a JSON document as the
// engine writes it.
const (
	PlanText PlanForm = iota
	PlanJSON
)

// Explain compiles a read as [Gate.Read] does and asks the engine for its plan. The
// statement is not run. Estimates and the values of rules in a plan reveal rows that
// the scope cannot see, so it is for development only.
func (g Gate) Explain(ctx context.Context, q *query.Query, opts query.ReadOptions, form PlanForm) (*Explanation, error) {
	if err := g.r.CheckScope(); err != nil {
		return nil, err
	}
	scope, guards := watched(g.r.Scope)
	b := g.r.Session.NewBuilder(ctx, scope, g.r.Exemptions)
	defer b.Free()
	st, err := g.r.Compile(ctx, b, q, g.r.StatementOptions(q, opts), opts)
	if err != nil {
		return nil, err
	}
	e := &Explanation{SQL: st.SQL, Args: make([]string, len(st.Args))}
	for i, v := range st.Args {
		e.Args[i] = argType(st.SQL, i+1, v)
	}
	concealed := false
	for _, t := range b.Reads {
		guard := guards[t]
		e.Tables = append(e.Tables, ExplainedTable{Table: t, Guarded: guard != nil})
		concealed = concealed || guard != nil && guard.Read.Node() != nil && conceals(guard.Read.Node())
	}
	if g.r.Session.DB.Engine.Postgres() {
		if !concealed {
			e.Plan, err = postgresPlan(ctx, g.r.Session, st, form)
		}
		return e, err
	}
	e.Plan, err = sqlitePlan(ctx, g.r.Session, st, form)
	return e, err
}

// watched returns a copy of the scope and the map in which it records the requested
// guards.
func watched(s *query.Scope) (*query.Scope, map[*schema.Table]*query.Guard) {
	if s == nil {
		return nil, nil
	}
	guards := map[*schema.Table]*query.Guard{}
	watched := *s
	watched.Guard = func(t *schema.Table) *query.Guard {
		guards[t] = s.GuardOf(t)
		return guards[t]
	}
	return &watched, guards
}

// conceals reports whether a bound rule compares a hidden column with a value,
// which PostgreSQL writes into its plans.
func conceals(n *query.Node) bool {
	if n.Column != nil && n.Column.Mode >= schema.Hidden && n.Operand.Kind != query.OperandNone && n.Operand.Kind != query.OperandVar {
		return true
	}
	for _, k := range n.Kids {
		if conceals(k) {
			return true
		}
	}
	return false
}

// postgresPlan returns the plan of a statement with its values, which applies unless
// the server uses a generic plan.
func postgresPlan(ctx context.Context, s core.Session, st *driver.Statement, form PlanForm) ([]byte, error) {
	format, kind := "text", driver.KindText
	if form == PlanJSON {
		format, kind = "json", driver.KindJSON
	}
	explain := &driver.Statement{
		SQL: "explain (format " + format + ") " + st.SQL, Args: st.Args,
		Shape: &driver.Shape{Extra: []driver.Kind{kind}, EachExtra: true},
	}
	var plan []byte
	err := s.Tuples(ctx, explain, func(values [][]byte) error {
		if form == PlanJSON {
			var plans []struct{ Plan json.RawMessage }
			err := json.Unmarshal(values[0], &plans)
			if err == nil && len(plans) > 0 {
				plan = plans[0].Plan
			}
			return err
		}
		var line string
		err := json.Unmarshal(values[0], &line)
		plan = append(append(plan, line...), '\n')
		return err
	})
	return plan, err
}

// sqliteStep is a row of EXPLAIN QUERY PLAN.
type sqliteStep struct {
	ID     int64  `json:"id"`
	Parent int64  `json:"parent"`
	Detail string `json:"detail"`
}

func sqlitePlan(ctx context.Context, s core.Session, st *driver.Statement, form PlanForm) ([]byte, error) {
	explain := &driver.Statement{
		SQL: "explain query plan " + st.SQL, Args: st.Args,
		Shape: &driver.Shape{Extra: []driver.Kind{driver.KindInt, driver.KindInt, driver.KindInt, driver.KindText}, EachExtra: true},
	}
	var plan []byte
	var steps []sqliteStep
	depth := map[int64]int{}
	err := s.Tuples(ctx, explain, func(values [][]byte) error {
		var step sqliteStep
		for i, into := range []any{&step.ID, &step.Parent, nil, &step.Detail} {
			if into == nil {
				continue
			}
			if err := json.Unmarshal(values[i], into); err != nil {
				return err
			}
		}
		depth[step.ID] = depth[step.Parent] + 1
		plan = fmt.Appendf(plan, "%s%s\n", strings.Repeat("  ", depth[step.Parent]), step.Detail)
		steps = append(steps, step)
		return nil
	})
	if err != nil || form == PlanText {
		return plan, err
	}
	return json.Marshal(steps)
}

// argType returns the type of the n-th bound value of a statement: on PostgreSQL the one
// it is cast to.
func argType(sql string, n int, v any) string {
	if _, typ, cast := strings.Cut(sql, "$"+strconv.Itoa(n)+"::"); cast {
		if end := strings.IndexFunc(typ, notOfType); end >= 0 {
			typ = typ[:end]
		}
		return typ
	}
	switch v.(type) {
	case nil:
		return "null"
	case bool, int64:
		return "integer"
	case float64:
		return "real"
	case []byte:
		return "blob"
	}
	return "text" // times and lists too
}

func notOfType(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '[' && r != ']'
}
