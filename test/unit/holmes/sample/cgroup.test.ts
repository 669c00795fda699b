import { describe, expect, test } from 'vitest';
import { Cgroup, type CgroupLimits } from '../../../../holmes/sample/cgroup.ts';
import { fakeTree } from './fake-tree.ts';

const gibibyte = 1024 ** 3;
const machine = { cpus: 8, memoryBytes: 16 * gibibyte };
const unlimitedV1 = '9223372036854771712\n';
const ofMachine: CgroupLimits = {
  cpus: 8,
  cpuFrom: 'machine',
  memoryBytes: 16 * gibibyte,
  memoryFrom: 'machine',
};

const mountV2 = (root = '/', point = '/sys/fs/cgroup') =>
  `31 23 0:28 ${root} ${point} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n`;
const mountV1 = (controllers: string, root = '/') =>
  `33 31 0:30 ${root} /sys/fs/cgroup/${controllers} rw,relatime - cgroup cgroup rw,${controllers}\n`;
const otherMounts =
  '22 28 0:20 / /sys rw - sysfs sysfs rw\n28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';

function limitsOf(files: Readonly<Record<string, string>>): CgroupLimits {
  return new Cgroup({ root: fakeTree(files).root, machine }).limits();
}

describe('limits of cgroup version 2', () => {
  test('are read in a container that sees its own cgroup as the root', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': otherMounts + mountV2(),
      '/sys/fs/cgroup/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/memory.max': '536870912\n',
    });
    expect(limits).toEqual({
      cpus: 1.5,
      cpuFrom: 'cgroup2',
      memoryBytes: 512 * 1024 ** 2,
      memoryFrom: 'cgroup2',
    });
  });

  test('are the tightest on the way up to the root', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/kubepods/burstable/pod7/c1\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/kubepods/burstable/pod7/c1/cpu.max': '400000 100000\n',
      '/sys/fs/cgroup/kubepods/burstable/pod7/c1/memory.max': 'max\n',
      '/sys/fs/cgroup/kubepods/burstable/pod7/cpu.max': '50000 100000\n',
      '/sys/fs/cgroup/kubepods/burstable/pod7/memory.max': `${4 * gibibyte}\n`,
      '/sys/fs/cgroup/kubepods/burstable/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/kubepods/memory.max': `${2 * gibibyte}\n`,
    });
    expect(limits).toMatchObject({ cpus: 0.5, memoryBytes: 2 * gibibyte });
  });

  test('are those of the machine when nothing is limited', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/app\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/app/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/app/memory.max': 'max\n',
    });
    expect(limits).toEqual(ofMachine);
  });

  test('are those of the machine when more is granted than it has', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/app\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/app/cpu.max': '6400000 100000\n',
      '/sys/fs/cgroup/app/memory.max': `${64 * gibibyte}\n`,
    });
    expect(limits).toEqual(ofMachine);
  });

  test('are found where only a part of the tree is mounted, at a path with a blank', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/docker/4f1c/inner\n',
      '/proc/self/mountinfo': mountV2('/docker/4f1c', '/mnt/my\\040cgroup'),
      '/mnt/my cgroup/memory.max': '1073741824\n',
      '/mnt/my cgroup/inner/cpu.max': '200000 100000\n',
    });
    expect(limits).toMatchObject({ cpus: 2, memoryBytes: gibibyte });
  });

  test('are taken from the mount itself when the process lies outside of what can be seen', () => {
    const limits = (path: string, root: string) =>
      limitsOf({
        '/proc/self/cgroup': `0::${path}\n`,
        '/proc/self/mountinfo': mountV2(root),
        '/sys/fs/cgroup/memory.max': '1073741824\n',
      });
    expect(limits('/../other', '/').memoryBytes).toBe(gibibyte);
    expect(limits('/elsewhere', '/docker/4f1c').memoryBytes).toBe(gibibyte);
    expect(limits('/docker/4f1cd', '/docker/4f1c').memoryBytes).toBe(gibibyte);
  });

  test('are still those of the parents when the cgroup itself was removed', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/app/job (deleted)\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/app/cpu.max': '100000 100000\n',
    });
    expect(limits).toMatchObject({ cpus: 1, cpuFrom: 'cgroup2' });
  });
});

describe('limits of cgroup version 1', () => {
  test('are read from each controller, also where two share a mount', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '4:memory:/docker/4f1c\n2:cpu,cpuacct:/docker/4f1c\n1:name=systemd:/docker/4f1c\n',
      '/proc/self/mountinfo': otherMounts + mountV1('cpu,cpuacct') + mountV1('memory'),
      '/sys/fs/cgroup/cpu,cpuacct/docker/4f1c/cpu.cfs_quota_us': '250000\n',
      '/sys/fs/cgroup/cpu,cpuacct/docker/4f1c/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/memory/docker/4f1c/memory.limit_in_bytes': '1073741824\n',
    });
    expect(limits).toEqual({
      cpus: 2.5,
      cpuFrom: 'cgroup1',
      memoryBytes: gibibyte,
      memoryFrom: 'cgroup1',
    });
  });

  test('are the tightest on the way up, in a container whose mount shows its own part', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '4:memory:/docker/4f1c/inner\n',
      '/proc/self/mountinfo': mountV1('memory', '/docker/4f1c'),
      '/sys/fs/cgroup/memory/inner/memory.limit_in_bytes': unlimitedV1,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1073741824\n',
    });
    expect(limits).toMatchObject({ cpus: 8, memoryBytes: gibibyte });
  });

  test('take -1, and the number that stands for no limit, for none', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '4:memory:/\n2:cpu:/\n',
      '/proc/self/mountinfo': mountV1('cpu') + mountV1('memory'),
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': unlimitedV1,
    });
    expect(limits).toEqual(ofMachine);
  });
});

describe('limits on a hybrid machine', () => {
  test('are read from whichever tree has the controller', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '4:memory:/job\n2:cpu:/\n0::/user.slice\n',
      '/proc/self/mountinfo':
        mountV1('memory') + mountV1('cpu') + mountV2('/', '/sys/fs/cgroup/unified') + otherMounts,
      '/sys/fs/cgroup/memory/job/memory.limit_in_bytes': '1073741824\n',
      '/sys/fs/cgroup/unified/user.slice/cpu.max': '100000 100000\n',
    });
    expect(limits).toEqual({
      cpus: 1,
      cpuFrom: 'cgroup2',
      memoryBytes: gibibyte,
      memoryFrom: 'cgroup1',
    });
  });
});

describe('limits without a cgroup', () => {
  test('are those of the machine: no /proc at all', () => {
    expect(limitsOf({})).toEqual(ofMachine);
  });

  test('are those of the machine: no cgroup file system in sight', () => {
    expect(limitsOf({ '/proc/self/cgroup': '0::/\n', '/proc/self/mountinfo': otherMounts })).toEqual(
      ofMachine,
    );
    expect(limitsOf({ '/proc/self/cgroup': '0::/\n' })).toEqual(ofMachine);
  });

  test('are those of the processors that the process may run on', () => {
    const status = (list: string) =>
      limitsOf({ '/proc/self/status': `Name:\tnode\nCpus_allowed_list:\t${list}\n` });
    expect(status('0-2,7')).toMatchObject({ cpus: 4, cpuFrom: 'affinity' });
    expect(status('3')).toMatchObject({ cpus: 1, cpuFrom: 'affinity' });
    // Kernels list processors that could be plugged in.
    expect(status('0-127')).toEqual(ofMachine);
  });

  test('of the machine that runs this test are numbers that make sense', () => {
    const { cpus, memoryBytes } = new Cgroup().limits();
    expect(cpus).toBeGreaterThan(0);
    expect(memoryBytes).toBeGreaterThan(100 * 1024 ** 2);
    expect(memoryBytes).toBeLessThan(2 ** 50);
  });
});

describe('limits in files that make no sense', () => {
  test.each([
    '',
    '\n',
    'max',
    '0 100000',
    '100000 0',
    '-5 100000',
    'abc def',
    '1e5 100000',
    '100000',
    'NaN NaN',
    '\u0000\u0001',
  ])('ignores cpu.max %j', (content) => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/cpu.max': content,
    });
    expect(limits).toEqual(ofMachine);
  });

  test.each(['', '-1', '0', '12', 'lots', '1.5G', '0x4000000'])('ignores memory.max %j', (content) => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/memory.max': content,
    });
    expect(limits).toEqual(ofMachine);
  });

  test.each(['', '\n\n', '0:/\n', ':::\n', '0::app\n', '7::/app\n', 'rubbish', '\u0000'.repeat(5000)])(
    'ignores membership %j',
    (content) => {
      const limits = limitsOf({
        '/proc/self/cgroup': content,
        '/proc/self/mountinfo': mountV2(),
        '/sys/fs/cgroup/memory.max': '1073741824\n',
      });
      expect(limits).toEqual(ofMachine);
    },
  );

  test.each([' - ', 'a b c d e - cgroup2', '1 2 3 / - cgroup2 x rw', '- cgroup cgroup rw,memory', 'cgroup2'])(
    'ignores mount %j',
    (line) => {
      const limits = limitsOf({
        '/proc/self/cgroup': '0::/\n',
        '/proc/self/mountinfo': `${line}\n${mountV2()}`,
        '/sys/fs/cgroup/memory.max': '1073741824\n',
      });
      expect(limits.memoryBytes).toBe(gibibyte);
    },
  );

  test('ignores a directory where a file should be, and processors that are none', () => {
    const limits = limitsOf({
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': mountV2(),
      '/proc/self/status': 'Cpus_allowed_list:\t5-2\n',
      '/sys/fs/cgroup/memory.max/file': '',
    });
    expect(limits).toEqual(ofMachine);
  });

  test('bounds how deep it looks', () => {
    const deep = '/a'.repeat(2000);
    const limits = limitsOf({
      '/proc/self/cgroup': `0::${deep}\n`,
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/memory.max': '1073741824\n',
    });
    expect(limits.memoryBytes).toBe(gibibyte);
  });
});

describe('limits that change while the program runs', () => {
  test('are noticed when the same cgroup gets others', () => {
    const tree = fakeTree({
      '/proc/self/cgroup': '0::/app\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/app/memory.max': 'max\n',
    });
    const cgroup = new Cgroup({ root: tree.root, machine });
    expect(cgroup.limits()).toEqual(ofMachine);
    tree.write('/sys/fs/cgroup/app/memory.max', '1073741824\n');
    tree.write('/sys/fs/cgroup/app/cpu.max', '50000 100000\n');
    expect(cgroup.limits()).toMatchObject({ cpus: 0.5, memoryBytes: gibibyte });
    tree.write('/sys/fs/cgroup/app/cpu.max', '75000 100000\n');
    tree.remove('/sys/fs/cgroup/app/memory.max');
    expect(cgroup.limits()).toMatchObject({ cpus: 0.75, memoryFrom: 'machine' });
  });

  test('are noticed when the process is moved to another cgroup, and when there is one at last', () => {
    const tree = fakeTree();
    const cgroup = new Cgroup({ root: tree.root, machine });
    expect(cgroup.limits()).toEqual(ofMachine);
    tree.write('/proc/self/cgroup', '0::/one\n');
    tree.write('/proc/self/mountinfo', mountV2());
    tree.write('/sys/fs/cgroup/one/memory.max', '1073741824\n');
    tree.write('/sys/fs/cgroup/two/memory.max', '2147483648\n');
    expect(cgroup.limits().memoryBytes).toBe(gibibyte);
    tree.write('/proc/self/cgroup', '0::/two\n');
    expect(cgroup.limits().memoryBytes).toBe(2 * gibibyte);
    tree.remove('/proc/self/cgroup');
    expect(cgroup.limits()).toEqual(ofMachine);
  });
});

describe('usage', () => {
  test('is read of version 2', () => {
    const { root } = fakeTree({
      '/proc/self/cgroup': '0::/app\n',
      '/proc/self/mountinfo': mountV2(),
      '/sys/fs/cgroup/app/memory.current': '123456789\n',
      '/sys/fs/cgroup/app/cpu.stat':
        'usage_usec 2500000\nuser_usec 1\nnr_throttled 3\nthrottled_usec 500000\n',
    });
    expect(new Cgroup({ root, machine }).usage()).toEqual({
      memoryBytes: 123_456_789,
      cpuSeconds: 2.5,
      throttledSeconds: 0.5,
    });
  });

  test('is read of version 1, also where an empty version 2 counts the whole machine', () => {
    const { root } = fakeTree({
      '/proc/self/cgroup': '4:memory:/app\n3:cpuacct,cpu:/app\n0::/\n',
      '/proc/self/mountinfo':
        mountV2('/', '/sys/fs/cgroup/unified') + mountV1('memory') + mountV1('cpu,cpuacct'),
      '/sys/fs/cgroup/unified/cpu.stat': 'usage_usec 999000000\n',
      '/sys/fs/cgroup/memory/app/memory.usage_in_bytes': '987654321\n',
      '/sys/fs/cgroup/cpu,cpuacct/app/cpuacct.usage': '1500000000\n',
      '/sys/fs/cgroup/cpu,cpuacct/app/cpu.stat': 'nr_periods 9\nnr_throttled 2\nthrottled_time 250000000\n',
    });
    expect(new Cgroup({ root, machine }).usage()).toEqual({
      memoryBytes: 987_654_321,
      cpuSeconds: 1.5,
      throttledSeconds: 0.25,
    });
  });

  test('is not a number without a cgroup', () => {
    expect(new Cgroup({ root: fakeTree().root, machine }).usage()).toEqual({
      memoryBytes: Number.NaN,
      cpuSeconds: Number.NaN,
      throttledSeconds: Number.NaN,
    });
  });
});
