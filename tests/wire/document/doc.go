// Package document has no code. Its tests check that a server conforms to its own
// OpenAPI document: they read the documents of several callers, generate thousands of valid
// and invalid requests from them, and compare every response.
package document
