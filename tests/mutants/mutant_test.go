package mutants_test

import (
	"fmt"
	"strconv"
	"strings"
)

// mutant is a fault in the code and the tests that have to find it.
type mutant struct {
	name   string
	breaks string   // what the fault lets pass
	find   string   // see source.find
	fault  fault    // what is put there
	tests  []string // a package, and a pattern of tests behind a space; nil are those of the group
}

// fault returns the code of a fault: on is the question for the mutant, and right the code
// that is there.
type fault func(name, on, right string) string

func (m *mutant) code(right string) string {
	name := strconv.Quote(m.name)
	return m.fault(name, "mutant.On("+name+")", right)
}

// never makes a condition false.
func never(_, on, right string) string { return "(!" + on + " && (" + right + "))" }

// always makes a condition true.
func always(_, on, right string) string { return "(" + on + " || (" + right + "))" }

// skip leaves a statement out.
func skip(_, on, right string) string { return "if !" + on + " { " + right + " }" }

// omit leaves a call out that returns an error.
func omit(_, on, right string) string {
	return "func() error { if " + on + " { return nil }; return " + right + " }()"
}

// instead puts another value in the place of an expression. A $ is the expression.
func instead(value string) fault {
	return func(name, _, right string) string {
		return fmt.Sprintf("mutant.Pick(%s, %s, %s)", name, right, strings.ReplaceAll(value, "$", right))
	}
}

// before runs a statement in front of another.
func before(statement string) fault {
	return func(_, on, right string) string { return "if " + on + " { " + statement + " }; " + right }
}

// mutants returns all of them.
func mutants() []mutant {
	var all []mutant
	for _, group := range []struct {
		tests   []string
		mutants []mutant
	}{
		{ruleTests, storeMutants},
		{nil, apiMutants},
		{[]string{"auth"}, authMutants},
		{nil, accountsMutants},
		{nil, httpMutants},
		{realtimeTests, realtimeMutants},
		{jobsTests, jobsMutants},
	} {
		for _, m := range group.mutants {
			if m.tests == nil {
				m.tests = group.tests
			}
			all = append(all, m)
		}
	}
	return all
}
