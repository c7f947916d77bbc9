package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// procCPU returns utime+stime (ticks of 10 ms) and the sum of the threads'
// schedstat run time in ns (finer) for a pid and all its children processes.
func procCPU(pid int) (ticksU, ticksS int64, ns int64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return
	}
	s := string(b)
	f := strings.Fields(s[strings.LastIndex(s, ")")+2:])
	ticksU, _ = strconv.ParseInt(f[11], 10, 64)
	ticksS, _ = strconv.ParseInt(f[12], 10, 64)
	ts, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, t := range ts {
		if b, err := os.ReadFile(t); err == nil {
			v, _ := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
			ns += v
		}
	}
	return
}

func children(pid int) []int {
	out := []int{pid}
	ts, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, t := range ts {
		b, _ := os.ReadFile(t)
		for _, c := range strings.Fields(string(b)) {
			n, _ := strconv.Atoi(c)
			out = append(out, children(n)...)
		}
	}
	return out
}

func treeCPU(pids []int) (u, s, ns int64) {
	for _, r := range pids {
		for _, p := range children(r) {
			a, b, c := procCPU(p)
			u += a
			s += b
			ns += c
		}
	}
	return
}

func rssMB(pids []int) (float64, int) {
	var kb float64
	th := 0
	for _, r := range pids {
		for _, p := range children(r) {
			b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
			for _, l := range strings.Split(string(b), "\n") {
				if strings.HasPrefix(l, "VmRSS:") {
					v, _ := strconv.ParseFloat(strings.Fields(l)[1], 64)
					kb += v
				}
				if strings.HasPrefix(l, "Threads:") {
					v, _ := strconv.Atoi(strings.Fields(l)[1])
					th += v
				}
			}
		}
	}
	return kb / 1024, th
}

// sysCPU returns total busy, softirq+irq, steal, idle ticks of the whole machine.
func sysCPU() (busy, sirq, steal, idle int64) {
	b, _ := os.ReadFile("/proc/stat")
	f := strings.Fields(strings.SplitN(string(b), "\n", 2)[0])
	v := make([]int64, 0, 10)
	for _, x := range f[1:] {
		n, _ := strconv.ParseInt(x, 10, 64)
		v = append(v, n)
	}
	busy = v[0] + v[1] + v[2] + v[5] + v[6]
	return busy, v[5] + v[6], v[7], v[3] + v[4]
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
