/** Loaded before a node (`--import`): it ends when the program that started it is gone, however that ended. */
process.on('disconnect', () => process.exit(1));
