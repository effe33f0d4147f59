/* What one run of a command costs: it is run once for each file, which is its
 * standard input.
 *
 *   cost COMMAND ARGUMENT... <list of files
 *
 * Prints medians of CPU and wall milliseconds, the largest peak of resident
 * memory in MiB, and how many runs failed. A small program of its own, because
 * a child's peak counts its parent's memory from before the exec. */
#define _GNU_SOURCE 1
#include <sys/resource.h>
#include <sys/wait.h>

#include "bench.h"

static double
milliseconds(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void
become(char **command, const char *input)
{
	int fd = open(input, O_RDONLY);

	if (fd < 0 || dup2(fd, 0) < 0)
		die(input);
	execv(command[0], command);
	die(command[0]);
}

int
main(int argc, char **argv)
{
	size_t count, failed = 0;
	File *files;
	double *cpu, *wall;
	long peak = 0;

	if (argc < 2)
		return 2;
	files = list_files(&count, 0);
	cpu = calloc(count, sizeof *cpu);
	wall = calloc(count, sizeof *wall);
	for (size_t i = 0; i < count; i++) {
		double start = seconds(CLOCK_MONOTONIC);
		struct rusage used;
		pid_t pid = fork();
		int status;

		if (pid == 0)
			become(argv + 1, files[i].path);
		if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
			die("wait");
		wall[i] = (seconds(CLOCK_MONOTONIC) - start) * 1e3;
		cpu[i] =
		    milliseconds(used.ru_utime) + milliseconds(used.ru_stime);
		peak = used.ru_maxrss > peak ? used.ru_maxrss : peak;
		failed += status != 0;
	}
	printf("cpu %.2f wall %.2f peak %.2f failed %zu\n",
	    percentile(cpu, count, 50), percentile(wall, count, 50),
	    (double)peak / 1024, failed);
	return 0;
}
