package problem_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// statuses is typed from the wire's own description, not from the table.
var statuses = map[int][]string{
	300: {"PGRST201", "PGRST203"},
	400: {
		"PGRST100", "PGRST102", "PGRST108", "PGRST114", "PGRST115", "PGRST118", "PGRST120", "PGRST122",
		"PGRST123", "PGRST124", "PGRST127", "PGRST128", "PGRST200", "PGRST204", "21000", "22003", "22007",
		"22P02", "23502", "23514", "42703", "57014", "PL001", "PL002", "PL003", "PL004", "PL005",
	},
	401: {"PGRST301", "PGRST302", "PGRST303", "PL401"},
	403: {"42501", "PL403"},
	404: {"PGRST125", "PGRST126", "PGRST202", "PGRST205", "42P01", "42883", "PL404"},
	405: {"PGRST101", "PGRST105", "PGRST117", "25006"},
	406: {"PGRST106", "PGRST107", "PGRST116"},
	409: {"23503", "23505", "40001", "40P01", "PL409"},
	412: {"PL412"},
	413: {"PL413"},
	414: {"PL414"},
	415: {"PL415"},
	416: {"PGRST103"},
	421: {"PL421"},
	422: {"PL422"},
	429: {"PL429"},
	431: {"PL431"},
	499: {"PL499"},
	500: {"PGRST300", "XX000"},
	503: {"PGRST000", "PGRST001", "PGRST002", "PL503"},
	504: {"PGRST003", "PL504"},
}

func TestStatusOfEveryCode(t *testing.T) {
	t.Parallel()

	seen := map[string]bool{}
	for want, codes := range statuses {
		for _, code := range codes {
			seen[code] = true
			if got := problem.Status(code, true); got != want {
				t.Errorf("Status(%s) = %d, want %d", code, got, want)
			}
		}
	}
	for _, code := range problem.Codes() {
		if !seen[code] {
			t.Errorf("code %s is in the table but not expected", code)
		}
	}
	if len(seen) != len(problem.Codes()) {
		t.Errorf("%d codes expected, table has %d", len(seen), len(problem.Codes()))
	}
}

func TestStatusOutsideTheTable(t *testing.T) {
	t.Parallel()

	tests := []struct {
		code          string
		authenticated bool
		want          int
	}{
		{"42501", false, 401},
		{"23505", false, 409},
		{"08006", true, 503},
		{"53300", true, 503},
		{"40003", true, 500},
		{"55P03", true, 500},
		{"57P01", true, 500},
		{"XX001", true, 500},
		{"28P01", true, 403},
		{"0LP01", true, 403},
		{"P0001", true, 400},
		{"22012", true, 400},
		{"PT402", true, 402},
		{"PT599", true, 599},
		{"PT200", true, 500},
		{"PTabc", true, 500},
		{"PT1e3", true, 500},
		{"PL999", true, 500},
		{"PGRST999", true, 500},
		{"", true, 500},
		{"22p02", true, 500},
	}
	for _, tt := range tests {
		if got := problem.Status(tt.code, tt.authenticated); got != tt.want {
			t.Errorf("Status(%q, %v) = %d, want %d", tt.code, tt.authenticated, got, tt.want)
		}
	}
}
