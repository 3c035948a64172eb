package main

import "testing"

func TestDescribeBuild(t *testing.T) {
	const hash = "457f0dbaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, c := range []struct{ name, version, revision, created, want string }{
		{"a plain copy of the source", release, "", "", release},
		{"a clone without tags", release, hash, "", release + " " + hash},
		{"a release", "v0.1.0", hash, "2026-12-01", "v0.1.0 " + hash + " 2026-12-01"},
		{"between two releases", "v0.1.0-3-g457f0db", hash, "", "v0.1.0-3-g457f0db"},
		{"a short revision", "v0.1.0", "457", "", "v0.1.0 457"},
	} {
		if got := describeBuild(c.version, c.revision, c.created); got != c.want {
			t.Errorf("%s: want %q, got %q", c.name, c.want, got)
		}
	}
}
