package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestSteps compares the rows of the small files, as they are sent, with rows
// written by hand.
func TestSteps(t *testing.T) {
	t.Parallel()
	c, err := readCodes(files(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`countries alpha_2`,
		`{"alpha_2":"BO","alpha_3":"BOL","numeric":"068","name":"Bolivia, Plurinational State of","official_name":null,"common_name":"Bolivia","flag":"🇧🇴"}`,
		`{"alpha_2":"AZ","alpha_3":"AZE","numeric":"031","name":"Azerbaijan","official_name":"Republic of Azerbaijan","common_name":null,"flag":"🇦🇿"}`,
		`subdivision_types name`,
		`{"name":"Autonomous republic","uses":1}`,
		`{"name":"Department","uses":1}`,
		`{"name":"Rayon","uses":2}`,
		`country_subdivision_types country_code,type_name`,
		`{"country_code":"AZ","type_name":"Autonomous republic","uses":1}`,
		`{"country_code":"AZ","type_name":"Rayon","uses":2}`,
		`{"country_code":"BO","type_name":"Department","uses":1}`,
		`subdivisions code`,
		`{"code":"AZ-NX","name":"Naxçıvan","type_name":"Autonomous republic","country_code":"AZ","parent_code":null}`,
		`{"code":"BO-L","name":"La Paz","type_name":"Department","country_code":"BO","parent_code":null}`,
		`subdivisions code`,
		`{"code":"AZ-BAB","name":"Babək","type_name":"Rayon","country_code":"AZ","parent_code":"AZ-NX"}`,
		`{"code":"AZ-ORD","name":"Ordubad","type_name":"Rayon","country_code":"AZ","parent_code":"AZ-NX"}`,
		`languages alpha_3`,
		`{"alpha_3":"lat","alpha_2":"la","bibliographic":null,"name":"Latin","inverted_name":null,"common_name":null,"scope":"I","type":"A","living":false,"names":["Latin"],"codes":{"alpha_3":"lat","alpha_2":"la"}}`,
		`{"alpha_3":"aze","alpha_2":"az","bibliographic":null,"name":"Azerbaijani","inverted_name":null,"common_name":null,"scope":"M","type":"L","living":true,"names":["Azerbaijani"],"codes":{"alpha_3":"aze","alpha_2":"az"}}`,
		`currencies alpha_3`,
		`{"alpha_3":"BOB","numeric":"068","name":"Boliviano"}`,
	}
	var got []string
	for _, s := range c.steps() {
		got = append(got, s.table+" "+s.key)
		for _, row := range s.rows {
			raw, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(raw))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestCircle gives subdivisions that lie within each other: they must come last,
// and be there once.
func TestCircle(t *testing.T) {
	t.Parallel()
	c := &codes{subdivisions: []isoSubdivision{{Code: "A-1", Parent: "2"}, {Code: "A-2", Parent: "A-1"}, {Code: "A-3", Parent: "4"}, {Code: "A-4"}}}
	var got []string
	for _, level := range c.subdivisionLevels() {
		for _, row := range level {
			got = append(got, row.Code)
		}
	}
	if want := []string{"A-4", "A-3", "A-1", "A-2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
