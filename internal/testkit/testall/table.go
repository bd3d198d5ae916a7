package main

import (
	"fmt"
	"regexp"
	"strings"
)

// table is the list of security cases and of the tests that hold them.
const table = "docs/security-cases.md"

// securityCase is a row of the table: a case and the tests that hold it.
type securityCase struct {
	id    string
	tests []test
}

type test struct{ folder, name string }

var (
	row    = regexp.MustCompile(`^\| ([^|]+) \|.*\| ([^|]+) \|$`)
	listed = regexp.MustCompile("^`([a-z0-9/]*)\\.(Test[A-Za-z0-9_]+)`$")
)

// parse reads the table: a case in the first column, its tests in the last, as
// `folder.TestName`. A row that it does not understand is an error, or its
// tests would be forgotten.
func parse(text string) (cases []securityCase, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| Case |") {
			continue
		}
		cells := row.FindStringSubmatch(line)
		if cells == nil {
			return nil, fmt.Errorf("%s: not a row of three cells: %.60s", table, line)
		}
		c := securityCase{id: cells[1]}
		for name := range strings.SplitSeq(cells[2], ", ") {
			t := listed.FindStringSubmatch(name)
			if t == nil {
				return nil, fmt.Errorf("%s: case %s: not the name of a test: %s", table, c.id, name)
			}
			c.tests = append(c.tests, test{t[1], t[2]})
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s has no cases", table)
	}
	return cases, nil
}
