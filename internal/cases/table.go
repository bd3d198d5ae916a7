package main

import (
	"fmt"
	"regexp"
	"strings"
)

// securityCase is a row of the table: a case and the tests that hold it.
type securityCase struct {
	id    string
	tests []test
}

type test struct{ folder, name string }

var (
	row   = regexp.MustCompile(`^\| (\S+) \|.*\| ([^|]+) \|$`)
	named = regexp.MustCompile("`([a-z0-9/]*)\\.(Test[A-Za-z0-9_]+)`")
)

// parse reads the table: a case in the first column, its tests in the last, as
// `folder.TestName`.
func parse(text string) ([]securityCase, error) {
	var cases []securityCase
	for line := range strings.Lines(text) {
		cells := row.FindStringSubmatch(strings.TrimSpace(line))
		if cells == nil || cells[1] == "Case" || strings.HasPrefix(cells[1], "-") {
			continue
		}
		c := securityCase{id: cells[1]}
		for _, t := range named.FindAllStringSubmatch(cells[2], -1) {
			c.tests = append(c.tests, test{t[1], t[2]})
		}
		if len(c.tests) == 0 {
			return nil, fmt.Errorf("%s: case %s has no test", table, c.id)
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s has no cases", table)
	}
	return cases, nil
}
