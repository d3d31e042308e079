/**
 * Files of a private home that shells obey when they start, whichever agent it is, relative to the home. What a session leaves in
 * one of them steers the next session of its agent in its workspace, so they are pinned like its instructions.
 */
export const startUpFiles: readonly string[] = [
  '.bashrc',
  '.bash_profile',
  '.bash_login',
  '.bash_aliases',
  '.profile',
  '.zshenv',
  '.zprofile',
  '.zshrc',
  '.zlogin',
  '.config/fish/config.fish',
];
