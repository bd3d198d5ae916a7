package pgrst_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

func TestParsePrefer(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name  string
		lines []string
		want  pgrst.Prefer
	}{
		{"None", nil, pgrst.Prefer{}},
		{"Empty", []string{"", " , "}, pgrst.Prefer{}},
		{"Minimal", []string{"return=minimal"}, pgrst.Prefer{Return: pgrst.ReturnMinimal}},
		{"HeadersOnly", []string{"return=headers-only"}, pgrst.Prefer{Return: pgrst.ReturnHeadersOnly}},
		{"Joined", []string{"count=exact, missing=default"}, pgrst.Prefer{Count: true, Missing: pgrst.MissingDefault}},
		{"Upsert", []string{"resolution=ignore-duplicates, return=representation"}, pgrst.Prefer{Resolution: pgrst.IgnoreDuplicates, Return: pgrst.ReturnRepresentation}},
		{"Repeated", []string{"resolution=merge-duplicates", "missing=null,count=planned"}, pgrst.Prefer{Resolution: pgrst.MergeDuplicates, Missing: pgrst.MissingNull, Count: true}},
		{"Estimated", []string{"count=estimated"}, pgrst.Prefer{Count: true}},
		{"FirstWins", []string{"return=minimal,return=representation", "missing=default,missing=null", "handling=lenient,handling=strict,x"}, pgrst.Prefer{Return: pgrst.ReturnMinimal, Missing: pgrst.MissingDefault, Lenient: true}},
		{"SpacesQuotesCase", []string{`Return = "representation" ; x=y ,count=exact`}, pgrst.Prefer{Return: pgrst.ReturnRepresentation, Count: true}},
		{"UnknownIgnored", []string{"return=everything, max-affected=many, tx=rollback, timezone=Europe/Berlin, params=single-object, respond-async, count=exact"}, pgrst.Prefer{Count: true}},
		{"Strict", []string{"handling=strict, return=minimal"}, pgrst.Prefer{Strict: true, Return: pgrst.ReturnMinimal}},
		{"MaxAffected", []string{"max-affected=0, max-affected=5"}, pgrst.Prefer{Bounded: true}},
		{"MaxAffectedStrict", []string{"handling=strict, max-affected=12"}, pgrst.Prefer{Strict: true, Bounded: true, MaxAffected: 12}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := pgrst.ParsePrefer(http.Header{"Prefer": tt.lines})
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

// A client that asks for strict handling relies on what it prefers; nothing of it
// must be left out in silence.
func TestParsePreferStrict(t *testing.T) {
	t.Parallel()

	for lines, want := range map[string]string{
		"handling=strict, max-affected=-1":               "Invalid preferences: max-affected=-1",
		"handling=strict, max-affected=":                 "Invalid preferences: max-affected=",
		"handling=strict, timezone=Europe/Berlin":        "Invalid preferences: timezone=Europe/Berlin",
		"handling=strict, tx=commit":                     "Invalid preferences: tx=commit",
		"anything, handling=strict, tx=rollback":         "Invalid preferences: anything, tx=rollback",
		"return=minimal,handling=strict,count=somewhat":  "Invalid preferences: count=somewhat",
		"handling=strict," + strings.Repeat("\x80", 300): "Invalid preferences: ?",
	} {
		_, err := pgrst.ParsePrefer(http.Header{"Prefer": {lines}})
		if code, _, details := problemOf(t, err); code != "PGRST122" || details != want {
			t.Errorf("%s: %s %q", lines, code, details)
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()

	long := []string{strings.Repeat("a,", 1500), strings.Repeat("b,", 1500)}
	_, preferErr := pgrst.ParsePrefer(http.Header{"Prefer": long})
	_, acceptErr := pgrst.NegotiateAccept(http.Header{"Accept": long})
	for _, err := range []error{preferErr, acceptErr} {
		if _, ok := errors.AsType[*pgrst.LimitError](err); !ok {
			t.Errorf("got %v", err)
		}
	}
}

func TestPreferApplied(t *testing.T) {
	t.Parallel()

	all := pgrst.Prefer{
		Return: pgrst.ReturnRepresentation, Resolution: pgrst.MergeDuplicates,
		Missing: pgrst.MissingDefault, Count: true, Strict: true, Bounded: true, MaxAffected: 3,
	}
	const table, row, call = pgrst.ShapeTable, pgrst.ShapeRow, pgrst.ShapeCall
	for _, tt := range []struct {
		method string
		shape  pgrst.Shape
		want   string
	}{
		{"GET", table, "count=exact, handling=strict"},
		{"HEAD", table, "count=exact, handling=strict"},
		{"POST", table, "resolution=merge-duplicates, missing=default, return=representation, count=exact, handling=strict"},
		{"PUT", table, "missing=default, return=representation, count=exact, handling=strict"},
		{"PATCH", table, "return=representation, count=exact, handling=strict, max-affected=3"},
		{"DELETE", table, "return=representation, count=exact, handling=strict, max-affected=3"},
		{"GET", row, "handling=strict"},
		{"PUT", row, "missing=default, return=representation, handling=strict"},
		{"DELETE", row, "return=representation, handling=strict, max-affected=3"},
		{"POST", call, "return=representation, count=exact, handling=strict, max-affected=3"},
	} {
		if got := all.Applied(tt.method, tt.shape); got != tt.want {
			t.Errorf("%s %d: %q, want %q", tt.method, tt.shape, got, tt.want)
		}
	}
	if got := (pgrst.Prefer{}).Applied("POST", table); got != "" {
		t.Errorf("nothing preferred, %q applied", got)
	}
	if got := (pgrst.Prefer{Bounded: true}).Applied("DELETE", table); got != "" {
		t.Errorf("max-affected without strict handling is applied: %q", got)
	}
}
