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
		{"UnknownIgnored", []string{"return=everything, max-affected=5, tx=rollback, timezone=Europe/Berlin, params=single-object, respond-async, count=exact"}, pgrst.Prefer{Count: true}},
		{"Strict", []string{"handling=strict, return=minimal"}, pgrst.Prefer{Strict: true, Return: pgrst.ReturnMinimal}},
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

// A client that asks for strict handling relies on max-affected; it must not be
// left out in silence.
func TestParsePreferStrict(t *testing.T) {
	t.Parallel()

	for lines, want := range map[string]string{
		"handling=strict, max-affected=1":                "Invalid preferences: max-affected=1",
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
		Missing: pgrst.MissingDefault, Count: true, Strict: true,
	}
	for method, want := range map[string]string{
		"GET":    "count=exact, handling=strict",
		"HEAD":   "count=exact, handling=strict",
		"POST":   "resolution=merge-duplicates, missing=default, return=representation, count=exact, handling=strict",
		"PATCH":  "return=representation, count=exact, handling=strict",
		"DELETE": "return=representation, count=exact, handling=strict",
	} {
		if got := all.Applied(method); got != want {
			t.Errorf("%s: %q, want %q", method, got, want)
		}
	}
	if got := (pgrst.Prefer{}).Applied("POST"); got != "" {
		t.Errorf("nothing preferred, %q applied", got)
	}
}
