package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files writes small files of iso-codes and returns their folder.
func files(t *testing.T, replace map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for standard, entries := range map[string]string{
		"3166-1": `[{"alpha_2":"BO","alpha_3":"BOL","numeric":"068","name":"Bolivia, Plurinational State of","common_name":"Bolivia","flag":"🇧🇴"},
			{"alpha_2":"AZ","alpha_3":"AZE","numeric":"031","name":"Azerbaijan","official_name":"Republic of Azerbaijan","flag":"🇦🇿"}]`,
		"3166-2": `[{"code":"AZ-BAB","name":"Babək","parent":"NX","type":"Rayon"},
			{"code":"AZ-NX","name":"Naxçıvan","type":"Autonomous republic"},
			{"code":"AZ-ORD","name":"Ordubad","parent":"AZ-NX","type":"Rayon"},
			{"code":"BO-L","name":"La Paz","type":"Department"}]`,
		"639-3": `[{"alpha_3":"lat","alpha_2":"la","name":"Latin","scope":"I","type":"A"},{"alpha_3":"aze","alpha_2":"az","name":"Azerbaijani","scope":"M","type":"L"}]`,
		"4217":  `[{"alpha_3":"BOB","numeric":"068","name":"Boliviano"}]`,
	} {
		text := `{"` + standard + `":` + entries + `}`
		if other, ok := replace[standard]; ok {
			text = other
		}
		if err := os.WriteFile(filepath.Join(folder, "iso_"+standard+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestReadCodes(t *testing.T) {
	t.Parallel()
	c, err := readCodes(files(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(c.countries) + len(c.subdivisions) + len(c.languages) + len(c.currencies); got != 9 {
		t.Errorf("%d entries, want 9", got)
	}
	bolivia := c.countries[0]
	if bolivia.Alpha2 != "BO" || bolivia.OfficialName != nil || bolivia.CommonName == nil || *bolivia.CommonName != "Bolivia" {
		t.Errorf("Bolivia is %+v", bolivia)
	}
}

func TestReadCodesErrors(t *testing.T) {
	t.Parallel()
	if _, err := readCodes(t.TempDir()); err == nil || !strings.Contains(err.Error(), "iso_639-3.json is missing: install the package iso-codes") {
		t.Errorf("an empty folder: %v", err)
	}
	for text, want := range map[string]string{
		`{"4217":`:      "iso_4217.json: unexpected end",
		`{"4218":[{}]}`: "no entries of ISO 4217",
	} {
		if _, err := readCodes(files(t, map[string]string{"4217": text})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
