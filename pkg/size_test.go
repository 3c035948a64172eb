package pkg_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	// maxLines is the longest that a file may be: it is to be read in one sitting.
	maxLines = 400
	// maxParameters is how many parameters a function may have: more are a struct
	// that has no name yet.
	maxParameters = 6
)

// eachFile calls look for every Go file of the product and its simulators, tests
// apart.
func eachFile(t *testing.T, look func(name string, source []byte)) {
	t.Helper()
	walk := func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		look(strings.TrimPrefix(filepath.ToSlash(name), "../"), source)
		return nil
	}
	for _, root := range []string{"../cmd", "../docker", "../pkg"} {
		if err := filepath.WalkDir(root, walk); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	looked := 0
	eachFile(t, func(name string, source []byte) {
		looked++
		if generated(source) {
			return
		}
		if lines := bytes.Count(source, []byte("\n")); lines > maxLines {
			t.Errorf("%s: want at most %d lines, got %d", name, maxLines, lines)
		}
	})
	if looked < 100 {
		t.Errorf("want the whole tree, looked at %d files", looked)
	}
}

// generated reports whether a file is made by a program, as by stringer.
func generated(source []byte) bool {
	return bytes.HasPrefix(source, []byte("// Code generated "))
}

// tooManyParameters returns where a file has functions with more parameters than
// maxParameters.
func tooManyParameters(name string, source []byte) (found []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		kind, ok := n.(*ast.FuncType)
		if ok && kind.Params.NumFields() > maxParameters {
			found = append(found, fset.Position(kind.Pos()).String())
		}
		return true
	})
	return found, nil
}

func TestParametersAreFew(t *testing.T) {
	eachFile(t, func(name string, source []byte) {
		found, err := tooManyParameters(name, source)
		if err != nil {
			t.Error(err)
		}
		for _, at := range found {
			t.Errorf("%s: a function has more than %d parameters", at, maxParameters)
		}
	})
}

// A check that finds nothing would pass for ever.
func TestTooManyParametersAreFound(t *testing.T) {
	const source = "package p\n\nfunc few(a, b, c int, d, e, f string) {}\n\nfunc many(a, b, c, d, e, f, g int) {}\n"
	found, err := tooManyParameters("p.go", []byte(source))
	if err != nil || len(found) != 1 || found[0] != "p.go:5:1" {
		t.Errorf("want p.go:5:1, got %v, %v", found, err)
	}
}
