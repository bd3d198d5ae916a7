package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// step is a part of the load: rows of one table that may be sent in any order,
// once the rows of the steps before are there.
type step struct {
	table string
	key   string // columns of the primary key, with commas between
	rows  []any
}

// steps returns all rows, parents before children.
func (c *codes) steps() []step {
	types, uses := c.subdivisionTypes()
	plan := []step{
		newStep("countries", "alpha_2", c.countries),
		newStep("subdivision_types", "name", types),
		newStep("country_subdivision_types", "country_code,type_name", uses),
	}
	for _, level := range c.subdivisionLevels() {
		plan = append(plan, newStep("subdivisions", "code", level))
	}
	languages := slices.Clone(c.languages)
	for i := range languages {
		languages[i].derive()
	}
	return append(plan,
		newStep("languages", "alpha_3", languages),
		newStep("currencies", "alpha_3", c.currencies),
	)
}

func newStep[T any](table, key string, rows []T) step {
	s := step{table: table, key: key, rows: make([]any, len(rows))}
	for i := range rows {
		s.rows[i] = &rows[i]
	}
	return s
}

// subdivisionTypes counts the types, and the types of each country.
func (c *codes) subdivisionTypes() ([]SubdivisionType, []CountrySubdivisionType) {
	types := map[string]int64{}
	pairs := map[[2]string]int64{}
	for _, s := range c.subdivisions {
		types[s.Type]++
		pairs[[2]string{s.country(), s.Type}]++
	}
	var typeRows []SubdivisionType
	for _, name := range slices.Sorted(maps.Keys(types)) {
		typeRows = append(typeRows, SubdivisionType{Name: name, Uses: types[name]})
	}
	var pairRows []CountrySubdivisionType
	for pair, uses := range pairs {
		pairRows = append(pairRows, CountrySubdivisionType{CountryCode: pair[0], TypeName: pair[1], Uses: uses})
	}
	slices.SortFunc(pairRows, func(a, b CountrySubdivisionType) int {
		return cmp.Or(cmp.Compare(a.CountryCode, b.CountryCode), cmp.Compare(a.TypeName, b.TypeName))
	})
	return typeRows, pairRows
}

// subdivisionLevels returns the subdivisions by their depth: those without a
// parent first, then those within them. A subdivision whose parent is itself
// below it, or unknown, is in the last level, for the server to refuse.
func (c *codes) subdivisionLevels() [][]Subdivision {
	parents := make(map[string]string, len(c.subdivisions))
	for _, s := range c.subdivisions {
		parents[s.Code] = s.parent()
	}
	var levels [][]Subdivision
	for _, s := range c.subdivisions {
		depth := 0
		for code := parents[s.Code]; code != "" && depth < maxDepth; code = parents[code] {
			depth++
		}
		for len(levels) <= depth {
			levels = append(levels, nil)
		}
		levels[depth] = append(levels[depth], s.row())
	}
	return slices.DeleteFunc(levels, func(l []Subdivision) bool { return len(l) == 0 })
}

// maxDepth bounds how deep subdivisions lie within each other, so that a circle
// in the file ends.
const maxDepth = 10

// country returns the country's code, the part of the code before the dash.
func (s isoSubdivision) country() string {
	country, _, _ := strings.Cut(s.Code, "-")
	return country
}

// parent returns the whole code of the parent, or "".
func (s isoSubdivision) parent() string {
	if s.Parent == "" || strings.Contains(s.Parent, "-") {
		return s.Parent
	}
	return s.country() + "-" + s.Parent
}

func (s isoSubdivision) row() Subdivision {
	row := Subdivision{Code: s.Code, Name: s.Name, TypeName: s.Type, CountryCode: s.country()}
	if parent := s.parent(); parent != "" {
		row.ParentCode = &parent
	}
	return row
}
