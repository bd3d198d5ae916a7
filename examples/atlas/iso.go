package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/seed-7694ebf6/plinth/store"
)

// isoFolder returns where the files of iso-codes are unless a flag says so.
func isoFolder() string {
	return cmp.Or(os.Getenv("ISO_CODES"), "/usr/share/iso-codes/json")
}

// codes is what the files of iso-codes hold, in their order.
type codes struct {
	countries    []Country
	subdivisions []isoSubdivision
	languages    []Language
	currencies   []Currency
}

// derive fills in what the file says in other words.
func (l *Language) derive() {
	l.Living = l.Type == "L"
	l.Names = []string{l.Name}
	for _, other := range []*string{l.InvertedName, l.CommonName} {
		if other != nil && !slices.Contains(l.Names, *other) {
			l.Names = append(l.Names, *other)
		}
	}
	codes := `{"alpha_3":` + strconv.Quote(l.Alpha3)
	if l.Alpha2 != nil {
		codes += `,"alpha_2":` + strconv.Quote(*l.Alpha2)
	}
	if l.Bibliographic != nil {
		codes += `,"bibliographic":` + strconv.Quote(*l.Bibliographic)
	}
	l.Codes = store.JSON(codes + "}") // codes are ASCII letters
}

// isoSubdivision is an entry of ISO 3166-2 as the file has it. The parent may
// lack the country's prefix.
type isoSubdivision struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Parent string `json:"parent"`
}

// readCodes reads the files in folder.
func readCodes(folder string) (*codes, error) {
	c := new(codes)
	return c, errors.Join(
		readStandard(folder, "3166-1", &c.countries),
		readStandard(folder, "3166-2", &c.subdivisions),
		readStandard(folder, "639-3", &c.languages),
		readStandard(folder, "4217", &c.currencies),
	)
}

// readStandard reads the entries of one ISO standard.
func readStandard[T any](folder, number string, entries *[]T) error {
	name := filepath.Join(folder, "iso_"+number+".json")
	raw, err := os.ReadFile(name) // the user says which folder
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("atlas: %s is missing: install the package iso-codes, or name its folder with -iso", name)
	}
	if err != nil {
		return fmt.Errorf("atlas: %w", err)
	}
	var file map[string][]T
	if err := json.Unmarshal(raw, &file); err != nil {
		return fmt.Errorf("atlas: %s: %w", name, err)
	}
	*entries = file[number]
	if len(*entries) == 0 {
		return fmt.Errorf("atlas: %s has no entries of ISO %s", name, number)
	}
	return nil
}
