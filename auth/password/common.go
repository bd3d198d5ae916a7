package password

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// commonList is the sorted list of common passwords of eight characters and more,
// in lower case: those among the 30,000 most frequent ones of zxcvbn 4.4.2, whose
// licence is beside it.
//
//go:embed common.txt.gz
var commonList []byte

var common = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(commonList))
	if err != nil {
		panic(fmt.Sprintf("password: common.txt.gz: %v", err)) // it is part of the program
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic(fmt.Sprintf("password: common.txt.gz: %v", err))
	}
	return strings.Fields(string(text))
})

// Common reports whether a password is one of the 11,611 most common ones of eight
// characters and more, in any case. The list is unpacked at the first call, into
// 300 KiB.
func Common(password string) bool {
	_, found := slices.BinarySearch(common(), strings.ToLower(password))
	return found
}
